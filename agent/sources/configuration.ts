import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import * as path from "node:path";

/** A certificate, or why there is none where the plan names one. */
export type Certificate =
  /** The first moment at which one in the file is valid no more: of a chain, the weakest counts. ISO 8601. */
  { readonly path: string; readonly validTo: string } | { readonly path: string; readonly fault: string };

const PEM = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * The certificates in files and below folders, PEM or DER. Keys and other files in a folder are passed over and never told;
 * a path that holds no certificate is told, and so is a certificate that cannot be read.
 */
export function certificatesIn(places: readonly string[]): Certificate[] {
  return places.flatMap((place): Certificate[] => {
    try {
      const found = filesBelow(place).flatMap(inFile);
      return found.length > 0 ? found : [{ path: place, fault: "holds no certificate" }];
    } catch (error) {
      return [{ path: place, fault: faultOf(error) }];
    }
  });
}

function inFile(file: string): Certificate[] {
  try {
    const bytes = readFileSync(file);
    const text = bytes.toString("latin1");
    if (!text.includes("-----BEGIN")) return isCertificate(bytes) ? [{ path: file, validTo: endOf([bytes]) }] : [];
    if (!text.includes("-----BEGIN CERTIFICATE-----")) return [];
    const blocks = text.match(PEM) ?? [];
    if (blocks.length !== text.split("-----BEGIN CERTIFICATE-----").length - 1)
      return [{ path: file, fault: "holds a certificate that is cut off" }];
    return [{ path: file, validTo: endOf(blocks) }];
  } catch (error) {
    return [{ path: file, fault: faultOf(error) }];
  }
}

function isCertificate(der: Buffer): boolean {
  try {
    return new X509Certificate(der).subject !== undefined;
  } catch {
    return false;
  }
}

const endOf = (certificates: readonly (string | Buffer)[]) =>
  new Date(Math.min(...certificates.map((one) => Date.parse(new X509Certificate(one).validTo)))).toISOString();

/** What OpenSSL says may hold what was read: only the system's own words are told. */
function faultOf(error: unknown): string {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "is not there";
  return syscall === undefined ? "holds a certificate that cannot be read" : `cannot be read: ${code}`;
}

function filesBelow(place: string): string[] {
  if (!statSync(place).isDirectory()) return [place];
  const entries = readdirSync(place, { recursive: true, withFileTypes: true });
  // Links too: a host's certificates are often links to the newest ones.
  const files = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink());
  return files.map((entry) => path.join(entry.parentPath, entry.name)).filter(isNoFolder);
}

/** A link that leads nowhere stays in: it is told. */
const isNoFolder = (file: string) => !statSync(file, { throwIfNoEntry: false })?.isDirectory();
