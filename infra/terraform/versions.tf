terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0, < 7.0"
    }
  }
}

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

data "aws_availability_zones" "these" {
  #checkov:skip=CKV_AWS_394: subnets stay where they were made (ignore_changes)
  state = "available"
}

locals {
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition
  region    = data.aws_region.this.region
  has_slack = var.slack_secret_arn != ""
  has_teams = var.teams != null
  is_http   = local.has_slack && var.slack_mode == "http"
  has_api   = var.api_url != ""
  # Teams calls the bot, and so do Slack over HTTP and the callers of the API.
  has_way_in = local.has_teams || local.is_http || local.has_api
}
