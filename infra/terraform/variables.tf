variable "name" {
  description = "What everything is called after. No cost."
  type        = string
  default     = "teambot"
}

# --- The process ---

variable "image" {
  description = "Image of TEAM Bot (infra/docker), with its digest. In ECR $0.10 a GB and month."
  type        = string
  validation {
    condition     = can(regex("(@sha256:[0-9a-f]{64}|:[A-Za-z0-9_][A-Za-z0-9._-]*)$", var.image)) && !endswith(var.image, ":latest")
    error_message = "Name the image with a version or, better, a digest: …/teambot@sha256:…"
  }
}

variable "image_repository_arn" {
  description = "ARN of the ECR repository that has the image; nothing else can be pulled. No cost."
  type        = string
}

variable "architecture" {
  description = "What the image was built for: X86_64, or ARM64, which costs a fifth less."
  type        = string
  default     = "X86_64"
}

variable "replicas" {
  description = "Processes, in several Availability Zones; Slack allows ten connections. $18 a month each."
  type        = number
  default     = 2
  validation {
    condition     = var.replicas >= 1 && var.replicas <= 5
    error_message = "Slack allows ten connections, and two of each process while it is replaced: 1 to 5."
  }
}

variable "task_cpu" {
  description = "CPU of each, 1024 is one. $0.04048 an hour for 1024 ($14.78 a month for 512)."
  type        = number
  default     = 512
}

variable "task_memory" {
  description = "Memory of each in MiB. $0.004445 an hour for 1024 ($3.24 a month)."
  type        = number
  default     = 1024
}

# --- Identity Center ---

variable "identity_center" {
  description = "The instance of Identity Center; key_arn only where it is encrypted with a key of your own. No cost."
  type = object({
    instance_id           = string
    identity_store_id     = string
    management_account_id = string
    organization_id       = string
    key_arn               = optional(string, "")
  })
}

variable "instance_arn" {
  description = "ARN of the instance (TEAMBOT_SSO_INSTANCE_ARN), where the account sees several. No cost."
  type        = string
  default     = ""
}

variable "role_prefix" {
  description = "What the names of the roles begin with. No cost."
  type        = string
  default     = "TeamBot"
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary that your company puts on roles. No cost."
  type        = string
  default     = null
}

variable "grant_permission_set_arns" {
  description = "Permission sets that may be granted (arn:aws:sso:::permissionSet/ssoins-…/ps-…); null for all. No cost."
  type        = list(string)
  default     = null
}

variable "grant_account_arns" {
  description = "Accounts in which access may be granted (arn:aws:sso:::account/111122223333); null for every one but the management account. No cost."
  type        = list(string)
  default     = null
}

variable "grant_group_arns" {
  description = "Groups that people may be put into for a time (arn:aws:identitystore:::group/…); empty for none: then the bot can change no group. No cost."
  type        = list(string)
  default     = []
}

# --- Slack, and who administers it ---

variable "slack_secret_arn" {
  description = "Secret whose name begins with teambot/: JSON with bot_token, and app_token or signing_secret; empty for Teams alone. $0.40 a month."
  type        = string
  default     = ""
}

variable "slack_secret_key_arn" {
  description = "KMS key of that secret and of those of Teams, where they have one of their own. $1 a month."
  type        = string
  default     = null
}

variable "slack_mode" {
  description = "socket: nothing can connect to the bot. http: Slack calls a load balancer ($24 a month and more, and $6 for its firewall)."
  type        = string
  default     = "socket"
  validation {
    condition     = contains(["socket", "http"], var.slack_mode)
    error_message = "socket or http."
  }
}

variable "teams" {
  description = "Microsoft Teams; null without it. With secret_arn (the client secret) or certificate_secret_arn (certificate and private key, PEM) in a secret whose name begins with teambot/, $0.40 a month; with neither a token of AWS STS for the audience. Teams calls the bot, so there is a load balancer whatever slack_mode says ($24 a month and more, and $6 for its firewall)."
  type = object({
    app_id                 = string
    tenant_id              = string
    audience               = optional(string, "api://AzureADTokenExchange")
    secret_arn             = optional(string, "")
    certificate_secret_arn = optional(string, "")
    identity               = optional(string, "email")
    cloud                  = optional(string, "public")
  })
  default = null
  validation {
    condition     = var.teams == null || try(var.teams.secret_arn == "" || var.teams.certificate_secret_arn == "", false)
    error_message = "The app shows one credential: give secret_arn, certificate_secret_arn or neither."
  }
}

variable "slack_email" {
  description = "Which addresses of Slack profiles count: confirmed, or directory because your identity provider manages them. No cost."
  type        = string
  default     = "confirmed"
}

variable "command" {
  description = "The slash command, as in the manifest of the Slack app. No cost."
  type        = string
  default     = "/team"
}

variable "admin_group" {
  description = "Group of Identity Center (display name) whose members administer the bot. It must exist. No cost."
  type        = string
}

variable "auditor_group" {
  description = "Group of Identity Center (display name) whose members see everything. No cost."
  type        = string
  default     = ""
}

variable "audit_channel" {
  description = "Channel (id, or link of Teams) that gets a line at every decision. No cost."
  type        = string
  default     = ""
}

variable "access_portal_url" {
  description = "Address of the AWS access portal, shown to those whose access is active. No cost."
  type        = string
  default     = ""
}

variable "alarm_email" {
  description = "Address that gets the alarms. No cost for the first 1,000 e-mails a month."
  type        = string
  default     = ""
}

# --- Network ---

variable "network" {
  description = "A network that exists: private subnets with a way out, public ones for Teams and HTTP; null makes one. No cost."
  type = object({
    vpc_id             = string
    private_subnet_ids = list(string)
    public_subnet_ids  = optional(list(string), [])
  })
  default = null
}

variable "vpc_cidr" {
  description = "Addresses of the network that is made. No cost."
  type        = string
  default     = "10.42.0.0/24"
}

variable "nat_gateways" {
  description = "NAT gateways of that network, 1 or 2: with 2 the loss of an Availability Zone does not cut the others off. $33 a month each, and $0.045 a GB."
  type        = number
  default     = 1
}

variable "certificate_arn" {
  description = "For a way in: certificate of ACM for the name that is called. No cost."
  type        = string
  default     = ""
}

variable "requests_per_address" {
  description = "For a way in: calls that one address may make in five minutes. No cost of its own."
  type        = number
  default     = 10000
}

variable "api_url" {
  description = "Address of the HTTP API, like https://team.example.com; empty for none. It needs a load balancer ($24 a month and more, and $6 for its firewall)."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(https://[A-Za-z0-9.:-]+)?$", var.api_url))
    error_message = "Give an https address without a path, or nothing."
  }
}

variable "api_sources" {
  description = "For the API: the networks that may call it, four at most. No cost."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

# --- Database and logs ---

variable "database_class" {
  description = "Class of the database. db.t4g.small is $23 a month and twice that with a standby; db.t4g.micro $12."
  type        = string
  default     = "db.t4g.small"
}

variable "database_version" {
  description = "Version of PostgreSQL to begin with; RDS brings later minor versions by itself. No cost."
  type        = string
  default     = "17.11"
}

variable "database_tls" {
  description = "require encrypts; verify-full also holds the certificate against RDS's own, which the image must have then (docs/install-aws.md). No cost."
  type        = string
  default     = "require"
}

variable "database_storage" {
  description = "GB of storage to begin with; it grows by itself up to 200. $0.115 a GB, twice that with a standby."
  type        = number
  default     = 20
}

variable "database_identifier" {
  description = "Name of the database in RDS; another one with database_snapshot. No cost."
  type        = string
  default     = "teambot"
}

variable "database_snapshot" {
  description = "Snapshot to make the database from; null for an empty one. No cost of its own."
  type        = string
  default     = null
}

variable "multi_az" {
  description = "A synchronous standby in another Availability Zone. It costs as much as the database itself."
  type        = bool
  default     = true
}

variable "backup_days" {
  description = "Days for which every second can be restored. Free up to the size of the storage, then $0.095 a GB."
  type        = number
  default     = 35
}

variable "log_retention_days" {
  description = "Days for which logs are kept. $0.50 a GB taken in and $0.03 a GB and month; about 0.5 GB a month."
  type        = number
  default     = 365
}

# --- Options ---

variable "audit_bucket" {
  description = "Bucket for the audit trail (infra/aws/archive.yaml makes one); key_arn where it has a key of its own. No cost here."
  type = object({
    name    = string
    prefix  = optional(string, "teambot/audit/")
    key_arn = optional(string)
  })
  default = null
}

variable "events" {
  description = "Where the events of the audit trail go, and who sends e-mail, as the variables TEAMBOT_EVENTS_… and TEAMBOT_EMAIL_FROM say; the webhook's secret by the ARN of one in Secrets Manager whose name begins with teambot/; key_arn where the topic has a key of its own. No cost here."
  type = object({
    webhook_url        = optional(string, "")
    webhook_secret_arn = optional(string, "")
    topic_arn          = optional(string, "")
    bus_arn            = optional(string, "")
    email_from         = optional(string, "")
    email_identity_arn = optional(string, "")
    key_arn            = optional(string)
  })
  default = null
}

variable "activity" {
  description = "Where session activity is read, as the variables TEAMBOT_ACTIVITY_… and TEAMBOT_ATHENA_… say; the role is made by infra/aws/activity.yaml. What it costs is there."
  type = object({
    source           = string
    role_arn         = string
    role_pattern_arn = optional(string)
    region           = optional(string, "")
    regions          = optional(string, "")
    log_groups       = optional(string, "")
    event_data_store = optional(string, "")
    athena_database  = optional(string, "")
    athena_table     = optional(string, "")
    athena_workgroup = optional(string, "")
    athena_output    = optional(string, "")
  })
  default = null
}
