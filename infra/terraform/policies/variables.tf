variable "partition" {
  description = "Partition of AWS: aws, aws-us-gov, aws-cn, aws-eusc. No cost."
  type        = string
  default     = "aws"
}

variable "account_id" {
  description = "Account that the bot runs in, the delegated administrator. No cost."
  type        = string
}

variable "region" {
  description = "Region of Identity Center. No cost."
  type        = string
}

variable "role_prefix" {
  description = "What the names of the roles begin with. No cost."
  type        = string
  default     = "TeamBot"
}

variable "instance_id" {
  description = "Instance of Identity Center, ssoins-1234567890abcdef. No cost."
  type        = string
}

variable "identity_store_id" {
  description = "Identity store of that instance, d-1234567890. No cost."
  type        = string
}

variable "management_account_id" {
  description = "Management account of the organization. No cost."
  type        = string
}

variable "organization_id" {
  description = "Id of the organization, o-a1b2c3d4e5. No cost."
  type        = string
}

variable "key_arn" {
  description = "ARN of the KMS key of Identity Center, empty where AWS owns it. No cost."
  type        = string
  default     = ""
}

variable "grant_permission_set_arns" {
  description = "Permission sets that may be granted; null for all of the instance. No cost."
  type        = list(string)
  default     = null
}

variable "grant_account_arns" {
  description = "Accounts in which access may be granted; null for every account but the management account. No cost."
  type        = list(string)
  default     = null
}

variable "grant_group_arns" {
  description = "Groups that people may be put into for a time, where there are any. No cost."
  type        = list(string)
  default     = []
}

variable "audit_bucket" {
  description = "Bucket that gets the audit trail, empty for none. No cost."
  type        = string
  default     = ""
}

variable "audit_prefix" {
  description = "What the keys in that bucket begin with. No cost."
  type        = string
  default     = "teambot/audit/"
}

variable "events_topic_arn" {
  description = "SNS topic that gets the events of the audit trail, empty for none. No cost."
  type        = string
  default     = ""
}

variable "events_bus_arn" {
  description = "EventBridge event bus that gets them, empty for none. No cost."
  type        = string
  default     = ""
}

variable "email_identity_arn" {
  description = "Verified identity in SES that e-mail is sent from, empty for none. No cost."
  type        = string
  default     = ""
}

variable "teams_audience" {
  description = "Audience of the token that says to Entra who the bot is, empty without Teams or where it has a secret. No cost."
  type        = string
  default     = ""
}

variable "activity_role_arn" {
  description = "Role that reads session activity, empty for none. No cost."
  type        = string
  default     = ""
}
