# Alarms. Those of the log say that something happened; teambot doctor says whether it is well again.

locals {
  events = {
    RevocationsOverdue = {
      event       = "revocation overdue"
      alarm       = "revocation overdue"
      description = "Access should have ended more than five minutes ago, and AWS has not confirmed it. The log line has the request and what AWS answered (docs/operations.md, A revocation is overdue)."
      period      = 60
      periods     = 1
      threshold   = 1
    }
    AlarmsRaised = {
      event       = "alarm raised"
      alarm       = "alarm raised"
      description = "Something that must always hold does not. The log line names it (docs/operations.md, What must always hold)."
      period      = 60
      periods     = 1
      threshold   = 1
    }
    TrailBreaks = {
      event       = "audit trail is broken"
      alarm       = "audit trail broken"
      description = "An event of the audit trail was changed, removed, inserted or moved. The log line has its number (docs/operations.md, Is the audit trail whole)."
      period      = 60
      periods     = 1
      threshold   = 1
    }
    FailedTicks = {
      event       = "tick failed"
      alarm       = "rounds fail"
      description = "Rounds of the bot fail again and again: starts, ends or messages may be late. The log line has the reason."
      period      = 300
      periods     = 1
      threshold   = 10
    }
    UndeliverableMessages = {
      event       = "message undeliverable"
      alarm       = "message undeliverable"
      description = "The chat has refused a message for good. The log line has the reason; access goes on as ever."
      period      = 300
      periods     = 1
      threshold   = 1
    }
    SlackRefusals = {
      event       = "no connection to Slack (is SLACK_APP_TOKEN right?)"
      alarm       = "Slack not reached"
      description = "Replicas cannot connect to Slack. Access ends on time all the same; nobody can ask for any."
      period      = 300
      periods     = 2
      threshold   = 3
    }
    SecretFailures = {
      event       = "a secret cannot be read again; the last known goes on"
      alarm       = "secret not read"
      description = "A secret cannot be read from Secrets Manager again; the last known goes on (docs/operations.md, Change a secret)."
      period      = 900
      periods     = 1
      threshold   = 3
    }
  }

  states = merge({
    NoTaskRuns = {
      alarm       = "no task runs"
      description = "ECS counts no running task for five minutes: nothing is granted, and nothing is taken away."
      namespace   = "AWS/ECS"
      metric      = "CPUUtilization"
      dimensions  = { ClusterName = aws_ecs_cluster.this.name, ServiceName = aws_ecs_service.this.name }
      statistic   = "SampleCount"
      period      = 60
      periods     = 5
      comparison  = "LessThanThreshold"
      threshold   = 1
      missing     = "breaching"
    }
    DatabaseFull = {
      alarm       = "database full"
      description = "The database has less than 4 GB left. A full database takes no request and no end of one."
      namespace   = "AWS/RDS"
      metric      = "FreeStorageSpace"
      dimensions  = { DBInstanceIdentifier = aws_db_instance.this.identifier }
      statistic   = "Minimum"
      period      = 300
      periods     = 1
      comparison  = "LessThanThreshold"
      threshold   = 4000000000
      missing     = "missing"
    }
    DatabaseBusy = {
      alarm       = "database busy"
      description = "The database has been busy for a quarter of an hour: choose a larger class."
      namespace   = "AWS/RDS"
      metric      = "CPUUtilization"
      dimensions  = { DBInstanceIdentifier = aws_db_instance.this.identifier }
      statistic   = "Average"
      period      = 300
      periods     = 3
      comparison  = "GreaterThanOrEqualToThreshold"
      threshold   = 90
      missing     = "missing"
    }
    }, local.has_way_in ? {
    TargetsUnhealthy = {
      alarm       = "replica unready"
      description = "A replica has not been ready for five minutes; GET /readyz names what is not well."
      namespace   = "AWS/ApplicationELB"
      metric      = "UnHealthyHostCount"
      dimensions  = { LoadBalancer = aws_lb.this[0].arn_suffix, TargetGroup = aws_lb_target_group.this[0].arn_suffix }
      statistic   = "Minimum"
      period      = 60
      periods     = 5
      comparison  = "GreaterThanOrEqualToThreshold"
      threshold   = 1
      missing     = "notBreaching"
    }
    CallsFail = {
      alarm       = "calls fail"
      description = "Calls of Teams, Slack or the API were answered with an error of ours five times in five minutes."
      namespace   = "AWS/ApplicationELB"
      metric      = "HTTPCode_Target_5XX_Count"
      dimensions  = { LoadBalancer = aws_lb.this[0].arn_suffix, TargetGroup = aws_lb_target_group.this[0].arn_suffix }
      statistic   = "Sum"
      period      = 300
      periods     = 1
      comparison  = "GreaterThanOrEqualToThreshold"
      threshold   = 5
      missing     = "notBreaching"
    }
  } : {})
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = aws_kms_key.this.arn
}

resource "aws_sns_topic_subscription" "email" {
  count = var.alarm_email == "" ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_log_metric_filter" "event" {
  for_each = local.events

  name           = each.key
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = "{ $.event = \"${each.value.event}\" }"

  metric_transformation {
    namespace = "TeamBot/${var.name}"
    name      = each.key
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "event" {
  for_each = local.events

  alarm_name          = "${var.name} ${each.value.alarm}"
  alarm_description   = each.value.description
  namespace           = "TeamBot/${var.name}"
  metric_name         = each.key
  statistic           = "Sum"
  period              = each.value.period
  evaluation_periods  = each.value.periods
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]

  depends_on = [aws_cloudwatch_log_metric_filter.event]
}

resource "aws_cloudwatch_metric_alarm" "state" {
  for_each = local.states

  alarm_name          = "${var.name} ${each.value.alarm}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = each.value.periods
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
