import { readFileSync, readdirSync } from "node:fs";
import * as path from "node:path";
import { BSON } from "mongodb";
import { makeFolder } from "../../../engines/files";
import { checksumOf, type Item } from "../ledger";
import type { RepositoryName, System } from "../system";
import { COLLECTION } from "../writers/mongodb";
import { restic, type Claim } from "./tools";

/** The documents of a backup: the folder that `mongodump` would write, read by the BSON library alone. */
export async function documentsOf(
  system: System,
  repository: RepositoryName,
  claim: Claim,
  folder: string,
): Promise<readonly Pick<Item, "n" | "checksum">[]> {
  makeFolder(folder);
  await restic(system, repository, "restore", claim.locator, "--target", folder);
  const all = readdirSync(folder, { recursive: true }) as string[];
  const file = all.find((name) => path.basename(name) === `${COLLECTION}.bson`);
  if (file === undefined) throw new Error(`${claim.id} holds no ${COLLECTION}.bson`);
  return documentsIn(readFileSync(path.join(folder, file))).map(({ _id, body }) => ({
    n: Number(_id),
    checksum: checksumOf(String(body)),
  }));
}

/** The documents of a file of BSON, one after the other. */
export function documentsIn(bytes: Buffer): BSON.Document[] {
  const documents: BSON.Document[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readInt32LE(at);
    documents.push(BSON.deserialize(bytes.subarray(at, at + length)));
    at += length;
  }
  return documents;
}
