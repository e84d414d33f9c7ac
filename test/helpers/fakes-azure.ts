import type { Inputs } from "./fakes";

/** Azure says a resource's physical name back as `name`. */
const named =
  (input: string, more: (inputs: Inputs) => Inputs = () => ({})) =>
  (inputs: Inputs): Inputs => ({ name: inputs[input], ...more(inputs) });
const nothing = () => ({});

export const TENANT = "99999999-9999-9999-9999-999999999999";

/** What each resource of Azure learns when it is really made. */
export const learnedFromAzure: Readonly<Record<string, (inputs: Inputs, name: string) => Inputs>> = {
  "pulumi:providers:azure-native": nothing,
  "azure-native:alertsmanagement:AlertProcessingRuleByName": nothing,
  "azure-native:app:ContainerApp": (inputs) => {
    const configuration = inputs.configuration as { ingress: object };
    const fqdn = `${String(inputs.containerAppName)}.calm.azurecontainerapps.io`;
    return {
      name: inputs.containerAppName,
      configuration: { ...configuration, ingress: { ...configuration.ingress, fqdn } },
    };
  },
  "azure-native:app:Job": named("jobName"),
  "azure-native:app:ManagedEnvironment": named("environmentName"),
  "azure-native:authorization:ManagementLockByScope": nothing,
  "azure-native:authorization:RoleAssignment": nothing,
  "azure-native:dataprotection:BackupInstance": named("backupInstanceName"),
  "azure-native:dataprotection:BackupPolicy": named("backupPolicyName"),
  "azure-native:dataprotection:BackupVault": named("vaultName", () => ({
    identity: { type: "SystemAssigned", principalId: "vault-principal" },
  })),
  "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra": nothing,
  "azure-native:dbforpostgresql:BackupsAutomaticAndOnDemand": named("backupName"),
  "azure-native:dbforpostgresql:Configuration": named("configurationName"),
  "azure-native:dbforpostgresql:Database": named("databaseName"),
  // As Azure has it once it is done: a replica that was asked to change roles is the primary.
  "azure-native:dbforpostgresql:Server": named("serverName", ({ serverName, createMode, replica }) => ({
    fullyQualifiedDomainName: `${String(serverName)}.postgres.database.azure.com`,
    replicationRole: createMode === "Replica" && !replica ? "GeoAsyncReplica" : "Primary",
  })),
  "azure-native:dbforpostgresql:VirtualEndpoint": named("virtualEndpointName"),
  "azure-native:dns:RecordSet": named("relativeRecordSetName"),
  "azure-native:keyvault:Key": named("keyName"),
  "azure-native:keyvault:Vault": named("vaultName"),
  "azure-native:managedidentity:UserAssignedIdentity": named("resourceName", ({ resourceName }) => ({
    ...{
      principalId: `${String(resourceName)}-principal`,
      clientId: `${String(resourceName)}-client`,
      tenantId: TENANT,
    },
  })),
  "azure-native:monitor:ActionGroup": nothing,
  "azure-native:monitor:DiagnosticSetting": nothing,
  "azure-native:monitor:MetricAlert": nothing,
  "azure-native:monitor:ScheduledQueryRule": nothing,
  "azure-native:network:NetworkSecurityGroup": named("networkSecurityGroupName"),
  "azure-native:network:SecurityRule": named("securityRuleName"),
  "azure-native:network:VirtualNetwork": named("virtualNetworkName"),
  "azure-native:network:VirtualNetworkPeering": named("virtualNetworkPeeringName"),
  "azure-native:operationalinsights:DataExport": nothing,
  "azure-native:operationalinsights:Workspace": named("workspaceName"),
  "azure-native:privatedns:PrivateZone": named("privateZoneName"),
  "azure-native:privatedns:VirtualNetworkLink": nothing,
  "azure-native:resources:ResourceGroup": named("resourceGroupName"),
  "azure-native:storage:BlobContainer": named("containerName"),
  "azure-native:storage:BlobContainerLegalHold": nothing,
  "azure-native:storage:BlobServiceProperties": nothing,
  "azure-native:storage:ManagementPolicy": nothing,
  // The destination's comes without ids, and is given them.
  "azure-native:storage:ObjectReplicationPolicy": ({ rules }, name) => ({
    policyId: `${name}-policy`,
    rules: (rules as Inputs[]).map((rule, index) => ({ ruleId: `rule-${index}`, ...rule })),
  }),
  "azure-native:storage:StorageAccount": named("accountName"),
  "azure-native:trafficmanager:Profile": (inputs) => {
    const dnsConfig = inputs.dnsConfig as { relativeName: string };
    return {
      name: inputs.profileName,
      dnsConfig: { ...dnsConfig, fqdn: `${dnsConfig.relativeName}.trafficmanager.net` },
    };
  },
};
