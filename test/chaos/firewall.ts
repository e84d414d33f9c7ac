import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** What is cut off: an address and a port, from all, or from the processes of one user only. */
export interface Cut {
  readonly address: string;
  readonly port: number;
  /** Only what this user's processes send there is dropped, and what they would get.  @default - everything, to all */
  readonly from?: number;
}

const TAG = "pulumi-dr-chaos";

/** Why this machine cannot drop packets; undefined: it can. */
export function whyNoFirewall(): string | undefined {
  if (process.getuid!() !== 0) return "only root can drop packets";
  const { error, status, stderr } = iptables("-S", "OUTPUT");
  return error || status !== 0 ? `no iptables: ${(error?.message ?? stderr).trim().split("\n")[0]}` : undefined;
}

const open = new Set<() => void>();
// Whoever interrupts the test still has its network back.
process.on("exit", () => open.forEach((heal) => heal()));

/** Drops packets from now on: nothing arrives, and nobody is told. Answers how to let them through again. */
export function cutOff(cut: Cut): () => void {
  const rules = rulesFor(cut);
  const heal = () => {
    open.delete(heal);
    rules.splice(0).forEach((rule) => must("-D", rule));
  };
  open.add(heal);
  rules.forEach((rule) => must("-I", rule));
  return heal;
}

function rulesFor({ address, port, from }: Cut): string[][] {
  const there = ["-p", "tcp", "-d", address, "--dport", String(port)];
  const back = ["-p", "tcp", "-s", address, "--sport", String(port)];
  if (from === undefined) return [there, back];
  // What is sent back belongs to the server, whoever gets it: it is told by the far end's port.
  const ports = portsTo(address, port, from).map((one) => [...back, "--dport", String(one)]);
  return [[...there, "-m", "owner", "--uid-owner", String(from)], ...ports];
}

const must = (verb: string, rule: readonly string[]) => {
  const { status, stderr } = iptables(verb, "OUTPUT", ...rule, "-m", "comment", "--comment", TAG, "-j", "DROP");
  if (status !== 0) throw new Error(`iptables ${verb} ${rule.join(" ")}: ${stderr.trim()}`);
};

const iptables = (...args: string[]) => spawnSync("iptables", ["-w", "10", ...args], { encoding: "utf8" });

/** Ports from which the processes of a user are connected to a server, by the kernel's table. */
function portsTo(address: string, port: number, uid: number): number[] {
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, "0");
  const far = `${[...address.split(".")]
    .reverse()
    .map((part) => hex(Number(part), 2))
    .join("")}:${hex(port, 4)}`;
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[2] === far && fields[7] === String(uid))
    .map((fields) => parseInt(fields[1]!.split(":")[1]!, 16));
}
