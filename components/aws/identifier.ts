import { NAMES } from "../../plan/platforms";
import type { Database, SiteArgs } from "../contract";

/** A database as RDS and CloudWatch know it, and as its tag `Name` says: with its generation, where it says one itself. */
export const identifierOf = (site: Pick<SiteArgs, "plan" | "name">, data: string, database: Database): string =>
  "identifier" in database && typeof database.identifier === "string"
    ? database.identifier
    : NAMES.awsDatabase.name({ plan: site.plan, site: site.name, data });
