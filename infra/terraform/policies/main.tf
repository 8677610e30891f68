# The policies of infra/aws/policies with the ids of an organization, in the form that IAM takes. Needs no provider.

locals {
  folder = "${path.module}/../../aws/policies"
  # The ids of the example (infra/aws/__init__.py), and what takes their place. The key is first: its ARN has two of the others.
  texts = {
    for file in fileset(local.folder, "*.json") : trimsuffix(file, ".json") =>
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
      file("${local.folder}/${file}"),
      "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", var.key_arn),
      "arn:aws:sns:eu-west-1:222233334444:example-events", var.events_topic_arn),
      "arn:aws:events:eu-west-1:222233334444:event-bus/example-events", var.events_bus_arn),
      "arn:aws:ses:eu-west-1:222233334444:identity/events.example.com", var.email_identity_arn),
      "ssoins-7223a1b2c3d4e5f6", var.instance_id),
      "d-90676c1a2b", var.identity_store_id),
      "o-exampleorg", var.organization_id),
      "123456789012", var.management_account_id),
      "222233334444", var.account_id),
      "eu-west-1", var.region),
      "role/TeamBot", "role/${var.role_prefix}"),
      "example-audit-trail/teambot/audit/", "${var.audit_bucket}/${var.audit_prefix}"),
      "example-audit-trail", var.audit_bucket),
      "api://AzureADTokenExchange", var.teams_audience
    )
  }

  # Statements that take another list of resources than the document has, by their Sid.
  resources = {
    AssumeTheRoles = concat(
      [for part in ["Read", "Grant", "Revoke"] : "arn:aws:iam::${var.account_id}:role/${var.role_prefix}${part}"],
      var.audit_bucket == "" ? [] : ["arn:aws:iam::${var.account_id}:role/${var.role_prefix}Archive"],
      "${var.events_topic_arn}${var.events_bus_arn}${var.email_identity_arn}" == "" ? [] : ["arn:aws:iam::${var.account_id}:role/${var.role_prefix}Events"],
      var.activity_role_arn == "" ? [] : [var.activity_role_arn],
    )
    Grant = concat(
      ["arn:aws:sso:::instance/${var.instance_id}"],
      var.grant_permission_set_arns != null ? var.grant_permission_set_arns : ["arn:aws:sso:::permissionSet/${var.instance_id}/*"],
      var.grant_account_arns != null ? var.grant_account_arns : ["arn:aws:sso:::account/*"],
    )
    Join = concat(
      ["arn:aws:identitystore::${var.management_account_id}:identitystore/${var.identity_store_id}"],
      ["arn:aws:identitystore:::user/*", "arn:aws:identitystore:::membership/*"],
      length(var.grant_group_arns) > 0 ? var.grant_group_arns : ["arn:aws:identitystore:::group/*"],
    )
  }

  statements = {
    for name, text in local.texts : name => [
      for statement in jsondecode(text).Statement : merge(statement, [
        for sid, resource in local.resources : { Resource = resource } if sid == statement.Sid
      ]...) if(var.key_arn != "" || !startswith(statement.Sid, "DecryptIdentity")) && (var.teams_audience != "" || statement.Sid != "SayToEntraWhoItIs") && (var.events_topic_arn != "" || statement.Sid != "PublishEvents") && (var.events_bus_arn != "" || statement.Sid != "PutEvents") && (var.email_identity_arn != "" || statement.Sid != "SendMail")
    ]
  }
}

output "policies" {
  description = "Each policy as JSON, by the name of its document: process, read, grant, revoke, archive, events, trust, activity-…."
  value = {
    for name, statements in local.statements : name => replace(
      jsonencode({ Version = "2012-10-17", Statement = statements }), "arn:aws:", "arn:${var.partition}:"
    )
  }
}
