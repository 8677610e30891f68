resource "aws_kms_key" "this" {
  description         = "TEAM Bot: database, backups, logs and alarms. It costs $1 a month."
  enable_key_rotation = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TheAccountAdministersIt"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "TheBotReadsItsSecrets"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_role.process.arn }
        Action    = "kms:Decrypt"
        Resource  = "*"
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${local.region}.${data.aws_partition.this.dns_suffix}" } }
      },
      {
        Sid       = "LogsAreEncrypted"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.region}.${data.aws_partition.this.dns_suffix}" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = {
          ArnLike = { "kms:EncryptionContext:aws:logs:arn" = [
            "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/teambot/${var.name}",
            "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/aws/rds/instance/${var.database_identifier}/*",
          ] }
        }
      },
      {
        Sid       = "AlarmsArePublished"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*" # without a condition: CloudWatch then delivers no alarm (AWS re:Post, encrypted topics)
      },
    ]
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}

resource "aws_cloudwatch_log_group" "database" {
  name              = "/aws/rds/instance/${var.database_identifier}/postgresql"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.this.arn
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = local.private_subnets
}

resource "aws_db_parameter_group" "this" {
  name   = var.name
  family = "postgres17"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  parameter {
    name  = "log_parameter_max_length"
    value = "0"
  }

  parameter {
    name  = "log_parameter_max_length_on_error"
    value = "0"
  }
}

resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_118: the bot's own metrics say how long the database takes
  #checkov:skip=CKV_AWS_161: the password is RDS's own, in Secrets Manager, and changed by it every seven days
  #checkov:skip=CKV_AWS_157: var.multi_az, which is on by default
  #checkov:skip=CKV_AWS_353: performance insights are a matter of taste
  #checkov:skip=CKV_AWS_293: deletion_protection is on
  identifier                    = var.database_identifier
  snapshot_identifier           = var.database_snapshot
  engine                        = "postgres"
  engine_version                = var.database_version
  auto_minor_version_upgrade    = true
  instance_class                = var.database_class
  db_name                       = var.database_snapshot == null ? "teambot" : null
  username                      = var.database_snapshot == null ? "teambot" : null
  manage_master_user_password   = true
  master_user_secret_kms_key_id = aws_kms_key.this.arn
  allocated_storage             = var.database_storage
  max_allocated_storage         = 200
  storage_type                  = "gp3"
  storage_encrypted             = true
  kms_key_id                    = aws_kms_key.this.arn
  multi_az                      = var.multi_az
  publicly_accessible           = false
  ca_cert_identifier            = "rds-ca-rsa2048-g1"
  db_subnet_group_name          = aws_db_subnet_group.this.name
  vpc_security_group_ids        = [aws_security_group.database.id]
  parameter_group_name          = aws_db_parameter_group.this.name
  backup_retention_period       = var.backup_days
  copy_tags_to_snapshot         = true
  deletion_protection           = true
  skip_final_snapshot           = false
  final_snapshot_identifier     = "${var.database_identifier}-last"

  enabled_cloudwatch_logs_exports = ["postgresql"]

  depends_on = [aws_cloudwatch_log_group.database]

  lifecycle {
    ignore_changes = [engine_version] # RDS brings minor versions by itself
  }
}
