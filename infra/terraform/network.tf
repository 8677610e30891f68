# A network of its own, unless var.network names one: two private subnets with a way out, two public ones.

locals {
  makes_network   = var.network == null
  zones           = slice(data.aws_availability_zones.these.names, 0, 2)
  blocks          = cidrsubnets(var.vpc_cidr, 2, 2, 2, 2)
  vpc_id          = local.makes_network ? aws_vpc.this[0].id : var.network.vpc_id
  private_subnets = local.makes_network ? aws_subnet.private[*].id : var.network.private_subnet_ids
  public_subnets  = local.makes_network ? aws_subnet.public[*].id : var.network.public_subnet_ids
}

resource "aws_vpc" "this" {
  #checkov:skip=CKV2_AWS_11: flow logs are the company's own; name a network that has them
  #checkov:skip=CKV2_AWS_12: nothing uses the default security group
  count = local.makes_network ? 1 : 0

  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

resource "aws_subnet" "private" {
  count = local.makes_network ? 2 : 0

  vpc_id            = aws_vpc.this[0].id
  cidr_block        = local.blocks[count.index]
  availability_zone = local.zones[count.index]
  tags              = { Name = "${var.name} private ${count.index}" }

  lifecycle {
    ignore_changes = [availability_zone]
  }
}

resource "aws_subnet" "public" {
  count = local.makes_network ? 2 : 0

  vpc_id            = aws_vpc.this[0].id
  cidr_block        = local.blocks[count.index + 2]
  availability_zone = local.zones[count.index]
  tags              = { Name = "${var.name} public ${count.index}" }

  lifecycle {
    ignore_changes = [availability_zone]
  }
}

resource "aws_internet_gateway" "this" {
  count = local.makes_network ? 1 : 0

  vpc_id = aws_vpc.this[0].id
}

resource "aws_route_table" "public" {
  count = local.makes_network ? 1 : 0

  vpc_id = aws_vpc.this[0].id
}

resource "aws_route" "public" {
  count = local.makes_network ? 1 : 0

  route_table_id         = aws_route_table.public[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this[0].id
}

resource "aws_route_table_association" "public" {
  count = local.makes_network ? 2 : 0

  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public[0].id
}

resource "aws_eip" "nat" {
  count = local.makes_network ? var.nat_gateways : 0

  domain     = "vpc"
  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  count = local.makes_network ? var.nat_gateways : 0

  allocation_id = aws_eip.nat[count.index].id
  subnet_id     = aws_subnet.public[count.index].id
}

resource "aws_route_table" "private" {
  count = local.makes_network ? 2 : 0

  vpc_id = aws_vpc.this[0].id
}

resource "aws_route" "private" {
  count = local.makes_network ? 2 : 0

  route_table_id         = aws_route_table.private[count.index].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[min(count.index, var.nat_gateways - 1)].id
}

resource "aws_route_table_association" "private" {
  count = local.makes_network ? 2 : 0

  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private[count.index].id
}

resource "aws_vpc_endpoint" "s3" {
  count = local.makes_network ? 1 : 0

  vpc_id            = aws_vpc.this[0].id
  service_name      = "com.amazonaws.${local.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = aws_route_table.private[*].id
}

resource "aws_security_group" "process" {
  name        = "${var.name}-process"
  description = "TEAM Bot - the process"
  vpc_id      = local.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.process.id
  description       = "Slack and AWS"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "database" {
  security_group_id            = aws_security_group.process.id
  description                  = "The database"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.database.id
}

resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "TEAM Bot - the database"
  vpc_id      = local.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  security_group_id            = aws_security_group.database.id
  description                  = "The process"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.process.id
}
