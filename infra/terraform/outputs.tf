output "process_role_arn" {
  description = "The role of the process. A key of Identity Center and the role for session activity have to allow it."
  value       = aws_iam_role.process.arn
}

output "role_arns" {
  description = "The roles of the parts: read, grant, revoke, and archive and events where there are any."
  value       = local.roles
}

output "log_group" {
  description = "Where the log is."
  value       = aws_cloudwatch_log_group.this.name
}

output "database_address" {
  description = "The database, for those who administer it."
  value       = aws_db_instance.this.address
}

output "alarm_topic_arn" {
  description = "Subscribe a pager here."
  value       = aws_sns_topic.alarms.arn
}

output "request_url" {
  description = "The way in: point your certificate's name at this one. Teams and Slack are told that name."
  value       = local.has_way_in ? aws_lb.this[0].dns_name : null
}

output "command_line" {
  description = "A command of teambot, here doctor; it prints the task whose log has the answer (docs/install-aws.md)."
  value = join(" ", [
    "aws ecs run-task --cluster ${aws_ecs_cluster.this.name} --task-definition ${var.name} --launch-type FARGATE",
    "--network-configuration 'awsvpcConfiguration={subnets=[${join(",", local.private_subnets)}],securityGroups=[${aws_security_group.process.id}]}'",
    "--overrides '{\"containerOverrides\":[{\"name\":\"bot\",\"command\":[\"doctor\"]}]}'",
    "--query tasks[0].taskArn --output text",
  ])
}
