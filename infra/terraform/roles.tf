# A role for each part of the work, with the policies of infra/aws/policies.

module "policies" {
  source = "./policies"

  partition                 = local.partition
  account_id                = local.account
  region                    = local.region
  role_prefix               = var.role_prefix
  instance_id               = var.identity_center.instance_id
  identity_store_id         = var.identity_center.identity_store_id
  management_account_id     = var.identity_center.management_account_id
  organization_id           = var.identity_center.organization_id
  key_arn                   = var.identity_center.key_arn
  grant_permission_set_arns = var.grant_permission_set_arns
  grant_account_arns        = var.grant_account_arns
  grant_group_arns          = var.grant_group_arns
  teams_audience            = local.is_federated ? var.teams.audience : ""
  audit_bucket              = var.audit_bucket == null ? "" : var.audit_bucket.name
  audit_prefix              = var.audit_bucket == null ? "teambot/audit/" : var.audit_bucket.prefix
  events_topic_arn          = var.events == null ? "" : var.events.topic_arn
  email_identity_arn        = var.events == null ? "" : var.events.email_identity_arn
  events_bus_arn            = var.events == null ? "" : var.events.bus_arn
  # For lookup-events the role is one in every account: role_pattern_arn has a * in place of the account.
  activity_role_arn = var.activity == null ? "" : coalesce(var.activity.role_pattern_arn, var.activity.role_arn)
}

locals {
  trusts_ecs = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ecs:${local.region}:${local.account}:*" }
      }
    }]
  })
  trusts_the_process = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AssumedByTheBotAlone"
      Effect    = "Allow"
      Principal = { AWS = aws_iam_role.process.arn }
      Action    = "sts:AssumeRole"
      Condition = { StringLike = { "sts:RoleSessionName" = "teambot-*" } }
    }]
  })
  parts = merge(
    { read = "Read", grant = "Grant", revoke = "Revoke" },
    var.audit_bucket == null ? {} : { archive = "Archive" },
    local.has_events_in_aws ? { events = "Events" } : {},
  )
}

resource "aws_iam_role" "process" {
  name                 = var.role_prefix
  description          = "TEAM Bot: what the process itself has. It may assume the other roles and read its secrets."
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy   = local.trusts_ecs
}

resource "aws_iam_role_policy" "process" {
  name   = "process"
  role   = aws_iam_role.process.name
  policy = module.policies.policies["process"]
}

resource "aws_iam_role_policy" "database_password" {
  name = "database-of-${var.name}"
  role = aws_iam_role.process.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "ReadDatabasePassword"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = aws_db_instance.this.master_user_secret[0].secret_arn
      },
      ], [
      for key in compact([var.slack_secret_key_arn]) : {
        Sid       = "DecryptChatSecrets"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = key
        Condition = { StringLike = { "kms:ViaService" = "secretsmanager.*.amazonaws.*" } }
      }
    ])
  })
}

resource "aws_iam_role" "part" {
  for_each = local.parts

  name                 = "${var.role_prefix}${each.value}"
  description          = "TEAM Bot: the role of infra/aws/policies/${each.key}.json"
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy   = local.trusts_the_process
}

resource "aws_iam_role_policy" "part" {
  for_each = local.parts

  name   = each.key
  role   = aws_iam_role.part[each.key].name
  policy = module.policies.policies[each.key]
}

resource "aws_iam_role_policy" "groups" {
  for_each = length(var.grant_group_arns) == 0 ? toset([]) : toset(["grant", "revoke"])

  name   = "${each.key}-groups"
  role   = aws_iam_role.part[each.key].name
  policy = module.policies.policies["${each.key}-groups"]
}

resource "aws_iam_role_policy" "archive_key" {
  count = var.audit_bucket == null ? 0 : length(compact([var.audit_bucket.key_arn]))

  name = "key"
  role = aws_iam_role.part["archive"].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "EncryptTheArchive"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = var.audit_bucket.key_arn
      Condition = { StringLike = { "kms:ViaService" = "s3.*.amazonaws.*" } }
    }]
  })
}

resource "aws_iam_role_policy" "events_key" {
  count = local.has_events_in_aws ? length(compact([var.events.key_arn])) : 0

  name = "key"
  role = aws_iam_role.part["events"].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "EncryptEvents"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = var.events.key_arn
      Condition = { StringLike = { "kms:ViaService" = "sns.*.amazonaws.*" } }
    }]
  })
}

resource "aws_iam_role" "execution" {
  name                 = "${var.role_prefix}Execution"
  description          = "What ECS needs to start TEAM Bot: pull its image and write its log. The bot does not have it."
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy   = local.trusts_ecs
}

resource "aws_iam_role_policy" "execution" {
  name = "execution"
  role = aws_iam_role.execution.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "SignInToEcr", Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = "*" },
      {
        Sid      = "PullTheImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = var.image_repository_arn
      },
      {
        Sid      = "WriteTheLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.this.arn}:*"
      },
    ]
  })
}
