"""AWS behind the ports of core: IAM Identity Center, its identity store, and AWS Organizations.

``AwsSession`` is opened once; everything else is built on it. No botocore exception leaves this package, and
nothing here decides: it asks AWS, and says what AWS said.
"""
