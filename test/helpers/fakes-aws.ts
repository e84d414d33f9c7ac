import type { Inputs } from "./fakes";

/** An ARN as AWS would give it, with what identifies the resource; global ones have no region. */
const arn =
  (service: string, resource: string, named: string = "name") =>
  ({ region = "", [named]: called }: Inputs, name: string): Inputs => ({
    arn: `arn:aws:${service}:${region as string}:111122223333:${resource}${(called ?? name) as string}`,
  });

const nothing = () => ({});
const named = (_: Inputs, name: string) => ({ name: `${name}-named` });

/** What each resource of AWS learns when it is really made. */
export const learnedFromAws: Readonly<Record<string, (inputs: Inputs, name: string) => Inputs>> = {
  "aws:acm/certificate:Certificate": (inputs, name) => ({
    ...arn("acm", "certificate/", "-")(inputs, name),
    domainValidationOptions: [inputs.domainName, ...((inputs.subjectAlternativeNames ?? []) as string[])].map(
      (domainName) => ({
        ...{ domainName, resourceRecordName: `_proof.${String(domainName)}.`, resourceRecordType: "CNAME" },
        resourceRecordValue: "_proof.acm-validations.aws.",
      }),
    ),
  }),
  "aws:acm/certificateValidation:CertificateValidation": nothing,
  "aws:arcregionswitch/plan:Plan": ({ name }) => ({
    arn: `arn:aws:arc-region-switch::111122223333:plan/${String(name)}:0a1b2c`,
  }),
  "aws:cloudwatch/logGroup:LogGroup": arn("logs", "log-group:"),
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": nothing,
  "aws:ec2/eip:Eip": (_, name) => ({ allocationId: `eipalloc-${name}` }),
  "aws:ec2/flowLog:FlowLog": nothing,
  "aws:ec2/internetGateway:InternetGateway": nothing,
  "aws:ec2/natGateway:NatGateway": nothing,
  "aws:ec2/route:Route": nothing,
  "aws:ec2/routeTable:RouteTable": nothing,
  "aws:ec2/routeTableAssociation:RouteTableAssociation": nothing,
  "aws:ec2/securityGroup:SecurityGroup": nothing,
  "aws:ec2/subnet:Subnet": nothing,
  "aws:ec2/vpc:Vpc": nothing,
  "aws:ec2/vpcEndpoint:VpcEndpoint": nothing,
  "aws:ecs/cluster:Cluster": arn("ecs", "cluster/"),
  "aws:iam/role:Role": arn("iam", "role/"),
  "aws:iam/rolePolicy:RolePolicy": nothing,
  "aws:kms/alias:Alias": arn("kms", ""),
  "aws:kms/key:Key": (inputs, name) => ({ ...arn("kms", "key/")(inputs, name), keyId: name }),
  "aws:kms/replicaKey:ReplicaKey": (inputs, name) => ({ ...arn("kms", "key/")(inputs, name), keyId: name }),
  "aws:rds/cluster:Cluster": ({ clusterIdentifier, region }) => ({
    endpoint: `${clusterIdentifier as string}.cluster-x.${region as string}.rds.amazonaws.com`,
  }),
  "aws:rds/clusterInstance:ClusterInstance": nothing,
  "aws:rds/clusterParameterGroup:ClusterParameterGroup": named,
  "aws:rds/globalCluster:GlobalCluster": nothing,
  "aws:rds/instance:Instance": (inputs, name) => ({
    ...arn("rds", "db:", "identifier")(inputs, name),
    address: `${inputs.identifier as string}.x.${inputs.region as string}.rds.amazonaws.com`,
    ...(inputs.manageMasterUserPassword
      ? { masterUserSecrets: [{ secretArn: arn("secretsmanager", "secret:rds!", "identifier")(inputs, name).arn }] }
      : {}),
  }),
  "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": nothing,
  "aws:rds/parameterGroup:ParameterGroup": named,
  "aws:rds/subnetGroup:SubnetGroup": named,
  "aws:route53/healthCheck:HealthCheck": nothing,
  "aws:route53/record:Record": ({ name }) => ({ fqdn: name }),
  "aws:s3/bucket:Bucket": ({ bucket }, name) => {
    const named = (bucket ?? `${name}-0a1b2c3`) as string;
    return { bucket: named, arn: `arn:aws:s3:::${named}` };
  },
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": nothing,
  "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": nothing,
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": nothing,
  "aws:s3/bucketPolicy:BucketPolicy": nothing,
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": nothing,
  "aws:s3/bucketReplicationConfig:BucketReplicationConfig": nothing,
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": nothing,
  "aws:s3/bucketVersioning:BucketVersioning": nothing,
  "aws:secretsmanager/secret:Secret": arn("secretsmanager", "secret:"),
  "aws:secretsmanager/secretVersion:SecretVersion": nothing,
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": nothing,
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": nothing,
};
