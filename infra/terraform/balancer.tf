# The way in: a load balancer that passes on what Teams and Slack post, and the API's calls, behind a firewall.

resource "aws_security_group" "balancer" {
  count = local.has_way_in ? 1 : 0

  name        = "${var.name}-balancer"
  description = "TEAM Bot - the load balancer"
  vpc_id      = local.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "balancer" {
  count = local.has_way_in ? 1 : 0

  security_group_id = aws_security_group.balancer[0].id
  description       = "Callers"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "balancer" {
  count = local.has_way_in ? 1 : 0

  security_group_id            = aws_security_group.balancer[0].id
  description                  = "The process"
  ip_protocol                  = "tcp"
  from_port                    = 3000
  to_port                      = 3000
  referenced_security_group_id = aws_security_group.process.id
}

resource "aws_vpc_security_group_ingress_rule" "process" {
  count = local.has_way_in ? 1 : 0

  security_group_id            = aws_security_group.process.id
  description                  = "The load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 3000
  to_port                      = 3000
  referenced_security_group_id = aws_security_group.balancer[0].id
}

resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_91: access logs need a bucket; the bot logs and counts what it refuses
  #checkov:skip=CKV2_AWS_76: there is no Java here, so no Log4j
  #checkov:skip=CKV2_AWS_20: there is no listener on port 80 to redirect from
  count = local.has_way_in ? 1 : 0

  name                       = var.name
  load_balancer_type         = "application"
  internal                   = false
  security_groups            = [aws_security_group.balancer[0].id]
  subnets                    = local.public_subnets
  drop_invalid_header_fields = true
  enable_deletion_protection = true
  idle_timeout               = 30

  depends_on = [aws_internet_gateway.this]
}

resource "aws_lb_target_group" "this" {
  #checkov:skip=CKV_AWS_378: TLS ends at the load balancer; behind it is the bot's own network
  count = local.has_way_in ? 1 : 0

  name                 = var.name
  vpc_id               = local.vpc_id
  target_type          = "ip"
  protocol             = "HTTP"
  port                 = 3000
  deregistration_delay = 5

  health_check {
    path                = "/readyz"
    interval            = 10
    timeout             = 6
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "this" {
  count = local.has_way_in ? 1 : 0

  load_balancer_arn = aws_lb.this[0].arn
  protocol          = "HTTPS"
  port              = 443
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type = "fixed-response"
    fixed_response {
      status_code  = "404"
      content_type = "text/plain"
    }
  }
}

resource "aws_lb_listener_rule" "slack" {
  count = local.is_http ? 1 : 0

  listener_arn = aws_lb_listener.this[0].arn
  priority     = 1

  condition {
    path_pattern {
      values = ["/slack/events"]
    }
  }

  condition {
    http_request_method {
      values = ["POST"]
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[0].arn
  }
}

resource "aws_lb_listener_rule" "teams" {
  count = local.has_teams ? 1 : 0

  listener_arn = aws_lb_listener.this[0].arn
  priority     = 2

  condition {
    path_pattern {
      values = ["/teams/messages"]
    }
  }

  condition {
    http_request_method {
      values = ["POST"]
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[0].arn
  }
}

resource "aws_lb_listener_rule" "api" {
  count = local.has_api ? 1 : 0

  listener_arn = aws_lb_listener.this[0].arn
  priority     = 3

  condition {
    path_pattern {
      values = ["/api/v1/*"]
    }
  }

  condition {
    source_ip {
      values = var.api_sources
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[0].arn
  }
}

resource "aws_wafv2_web_acl" "this" {
  #checkov:skip=CKV_AWS_192: there is no Java here, so no Log4j
  #checkov:skip=CKV2_AWS_31: what is refused is counted in its metrics
  count = local.has_way_in ? 1 : 0

  name        = var.name
  description = "TEAM Bot - how often one address may call"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  rule {
    name     = "calls-of-one-address"
    priority = 0

    action {
      block {}
    }

    statement {
      rate_based_statement {
        aggregate_key_type = "IP"
        limit              = var.requests_per_address
      }
    }

    visibility_config {
      sampled_requests_enabled   = true
      cloudwatch_metrics_enabled = true
      metric_name                = "${var.name}-calls"
    }
  }

  visibility_config {
    sampled_requests_enabled   = true
    cloudwatch_metrics_enabled = true
    metric_name                = "${var.name}-firewall"
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  count = local.has_way_in ? 1 : 0

  resource_arn = aws_lb.this[0].arn
  web_acl_arn  = aws_wafv2_web_acl.this[0].arn
}
