import * as secretsmanager from "@pulumi/aws/secretsmanager";
import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import type { DatabaseArgs } from "../contract";
import { foundationOf } from "./foundation";
import { placeOf, tagsOf } from "./place";
import { ADMINISTRATOR } from "./rds-rules";

/** Where it is reached here. The password is the same at all sites, for a replica has the users of its source. */
export function makeDatabaseSecret(
  parent: pulumi.ComponentResource,
  name: string,
  args: DatabaseArgs & { generation: number; address: pulumi.Output<string>; port: pulumi.Output<number> },
): pulumi.Output<string> {
  const { site, database, password, generation } = args;
  const { region } = placeOf(site);
  const secret = new secretsmanager.Secret(
    name,
    {
      ...{ region, name: NAMES.awsSecret.name({ plan: site.plan, site: site.name, secret: name }) },
      ...{ description: `How ${name} is reached at ${site.name}`, kmsKeyId: foundationOf(site).keyArn },
      ...{ recoveryWindowInDays: 30, tags: tagsOf(site, name) },
    },
    { parent, retainOnDelete: true, protect: true },
  );
  const reached = pulumi
    .all([args.address, args.port, password!])
    .apply(([host, port, word]) =>
      JSON.stringify({ engine: "postgres", username: ADMINISTRATOR, password: word, host, port, dbname: database }),
    );
  new secretsmanager.SecretVersion(
    name,
    { region, secretId: secret.id, secretStringWo: pulumi.secret(reached), secretStringWoVersion: generation },
    { parent, retainOnDelete: true },
  );
  return secret.arn;
}
