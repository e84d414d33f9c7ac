import type * as pulumi from "../../provider/pulumi";
import type { Database } from "../contract";

/**
 * How a service reaches its databases: `DATABASE_HOST` and `DATABASE_PORT` in plain, and `DATABASE_SECRET`, which the container
 * gets as the text that Secrets Manager holds (JSON with `username` and `password`). A second one is `DATABASE_2_...`.
 */
export function databaseAccess(databases: readonly Database[]) {
  const each = databases.map((database, index) => ({
    database,
    prefix: index === 0 ? "DATABASE" : `DATABASE_${index + 1}`,
  }));
  return {
    environment: Object.fromEntries(
      each.flatMap(({ prefix, database: { address, port } }) => [
        [`${prefix}_HOST`, address],
        [`${prefix}_PORT`, port.apply(String)],
      ]),
    ) as Readonly<Record<string, pulumi.Output<string>>>,
    secretArns: Object.fromEntries(
      each.flatMap(({ prefix, database }) =>
        "secretArn" in database ? [[`${prefix}_SECRET`, database.secretArn as pulumi.Output<string>]] : [],
      ),
    ),
  };
}
