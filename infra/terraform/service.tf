locals {
  roles = { for part, suffix in local.parts : part => aws_iam_role.part[part].arn }

  database_environment = {
    TEAMBOT_DATABASE_URL      = "postgresql+asyncpg://teambot@${aws_db_instance.this.endpoint}/teambot?ssl=${var.database_tls}"
    TEAMBOT_DATABASE_PASSWORD = "${aws_db_instance.this.master_user_secret[0].secret_arn}#password"
  }

  teams = var.teams == null ? {} : {
    TEAMBOT_TEAMS_APP_ID        = var.teams.app_id
    TEAMBOT_TEAMS_TENANT_ID     = var.teams.tenant_id
    TEAMBOT_TEAMS_AWS_AUDIENCE  = local.is_federated ? var.teams.audience : ""
    TEAMBOT_TEAMS_CLIENT_SECRET = var.teams.secret_arn
    TEAMBOT_TEAMS_CERTIFICATE   = var.teams.certificate_secret_arn
    TEAMBOT_TEAMS_IDENTITY      = var.teams.identity
    TEAMBOT_TEAMS_CLOUD         = var.teams.cloud
  }
  # The app has neither a secret nor a certificate: AWS STS says who it is.
  is_federated = try(var.teams.secret_arn == "" && var.teams.certificate_secret_arn == "", false)

  activity = var.activity == null ? {} : {
    TEAMBOT_ACTIVITY_SOURCE           = var.activity.source
    TEAMBOT_ACTIVITY_ROLE             = var.activity.role_arn
    TEAMBOT_ACTIVITY_REGION           = var.activity.region
    TEAMBOT_ACTIVITY_REGIONS          = var.activity.regions
    TEAMBOT_ACTIVITY_LOG_GROUPS       = var.activity.log_groups
    TEAMBOT_ACTIVITY_EVENT_DATA_STORE = var.activity.event_data_store
    TEAMBOT_ATHENA_DATABASE           = var.activity.athena_database
    TEAMBOT_ATHENA_TABLE              = var.activity.athena_table
    TEAMBOT_ATHENA_WORKGROUP          = var.activity.athena_workgroup
    TEAMBOT_ATHENA_OUTPUT             = var.activity.athena_output
  }

  archive = var.audit_bucket == null ? {} : {
    TEAMBOT_AUDIT_S3_BUCKET = var.audit_bucket.name
    TEAMBOT_AUDIT_S3_PREFIX = var.audit_bucket.prefix
    TEAMBOT_AUDIT_S3_ROLE   = local.roles["archive"]
  }

  has_events_in_aws = var.events == null ? false : "${var.events.topic_arn}${var.events.bus_arn}${var.events.email_identity_arn}" != ""
  events = var.events == null ? {} : {
    TEAMBOT_EVENTS_WEBHOOK_URL    = var.events.webhook_url
    TEAMBOT_EVENTS_WEBHOOK_SECRET = var.events.webhook_secret_arn
    TEAMBOT_EVENTS_SNS_TOPIC      = var.events.topic_arn
    TEAMBOT_EVENTS_BUS            = var.events.bus_arn
    TEAMBOT_EMAIL_FROM            = var.events.email_from
    TEAMBOT_EVENTS_ROLE           = local.has_events_in_aws ? local.roles["events"] : ""
  }

  environment = merge(local.database_environment, local.teams, local.activity, local.archive, local.events, {
    SLACK_BOT_TOKEN           = local.has_slack ? "${var.slack_secret_arn}#bot_token" : ""
    SLACK_APP_TOKEN           = local.has_slack && !local.is_http ? "${var.slack_secret_arn}#app_token" : ""
    SLACK_SIGNING_SECRET      = local.is_http ? "${var.slack_secret_arn}#signing_secret" : ""
    AWS_REGION                = local.region
    TEAMBOT_SSO_INSTANCE_ARN  = var.instance_arn
    TEAMBOT_AWS_READ_ROLE     = local.roles["read"]
    TEAMBOT_AWS_GRANT_ROLE    = local.roles["grant"]
    TEAMBOT_AWS_REVOKE_ROLE   = local.roles["revoke"]
    TEAMBOT_SLACK_EMAIL       = var.slack_email
    TEAMBOT_COMMAND           = var.command
    TEAMBOT_ADMIN_GROUP       = var.admin_group
    TEAMBOT_AUDITOR_GROUP     = var.auditor_group
    TEAMBOT_AUDIT_CHANNEL     = var.audit_channel
    TEAMBOT_ACCESS_PORTAL_URL = var.access_portal_url
    TEAMBOT_HOST              = local.has_way_in ? "0.0.0.0" : "127.0.0.1"
    TEAMBOT_PORT              = "3000"
    TEAMBOT_TRUSTED_PROXIES   = local.has_way_in ? "1" : "0"
    TEAMBOT_API_URL           = var.api_url
    TEAMBOT_STOP_WITHIN       = "20"
    TEAMBOT_LOG_FORMAT        = "json"
  })

  # What every container has: not root, nothing written but in /tmp.
  container = {
    image                  = var.image
    user                   = "10001:10001"
    readonlyRootFilesystem = true
    mountPoints            = [{ sourceVolume = "tmp", containerPath = "/tmp" }]
  }

  log_of = {
    for stream in ["migrate", "bot"] : stream => {
      logDriver = "awslogs"
      options = merge({
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = local.region
        awslogs-stream-prefix = stream
      }, stream == "bot" ? { mode = "non-blocking", max-buffer-size = "25m" } : {})
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/teambot/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.this.arn
}

resource "aws_ecs_cluster" "this" {
  #checkov:skip=CKV_AWS_65: Container Insights costs more than the tasks; the alarms do without
  name = var.name
}

resource "aws_ecs_task_definition" "bot" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.task_cpu
  memory                   = var.task_memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.process.arn

  runtime_platform {
    cpu_architecture        = var.architecture
    operating_system_family = "LINUX"
  }

  volume {
    name = "tmp"
  }

  container_definitions = jsonencode([
    merge(local.container, {
      name             = "migrate"
      command          = ["migrate"]
      essential        = false
      linuxParameters  = { capabilities = { drop = ["ALL"] } }
      logConfiguration = local.log_of["migrate"]
      environment      = [for name, value in local.database_environment : { name = name, value = value }]
    }),
    merge(local.container, {
      name             = "bot"
      command          = ["serve"]
      essential        = true
      dependsOn        = [{ containerName = "migrate", condition = "SUCCESS" }]
      linuxParameters  = { capabilities = { drop = ["ALL"] }, initProcessEnabled = true }
      portMappings     = [{ containerPort = 3000, protocol = "tcp" }]
      stopTimeout      = 30
      logConfiguration = local.log_of["bot"]
      environment      = [for name, value in local.environment : { name = name, value = value }]
      healthCheck = {
        command     = ["CMD", "python", "/opt/teambot/healthcheck.py"]
        interval    = 30
        timeout     = 5
        retries     = 3
        startPeriod = 60
      }
    }),
  ])
}

resource "aws_ecs_service" "this" {
  name                              = var.name
  cluster                           = aws_ecs_cluster.this.id
  task_definition                   = aws_ecs_task_definition.bot.arn
  launch_type                       = "FARGATE"
  platform_version                  = "LATEST"
  desired_count                     = var.replicas
  enable_execute_command            = false
  propagate_tags                    = "SERVICE"
  availability_zone_rebalancing     = "ENABLED"
  health_check_grace_period_seconds = local.has_way_in ? 120 : null

  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    assign_public_ip = false
    security_groups  = [aws_security_group.process.id]
    subnets          = local.private_subnets
  }

  dynamic "load_balancer" {
    for_each = aws_lb_target_group.this
    content {
      container_name   = "bot"
      container_port   = 3000
      target_group_arn = load_balancer.value.arn
    }
  }

  depends_on = [
    aws_iam_role_policy.database_password,
    aws_iam_role_policy.execution,
    aws_iam_role_policy.part,
    aws_iam_role_policy.process,
    aws_lb_listener_rule.api,
    aws_lb_listener_rule.slack,
    aws_lb_listener_rule.teams,
    aws_route.private,
    aws_route.public,
    aws_route_table_association.private,
    aws_route_table_association.public,
    aws_vpc_security_group_egress_rule.database,
    aws_vpc_security_group_ingress_rule.database,
  ]
}
