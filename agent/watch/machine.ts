import { readFileSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import type { Measurement } from "../alerts/rules";

/** CPU time of all cores since the machine started, in clock ticks. */
export interface CpuTimes {
  readonly busy: number;
  readonly all: number;
}

/** Reads `/proc/stat`. Waiting for a disk is no work of a CPU. */
export function cpuTimes(stat: string): CpuTimes {
  const line = /^cpu +(.*)$/m.exec(stat)?.[1];
  if (line === undefined) throw new Error("/proc/stat has no line `cpu`");
  // user nice system idle iowait irq softirq steal; guest times are part of user and nice
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .split(/\s+/)
    .map(Number);
  const busy = user + nice + system + irq + softirq + steal;
  return { busy, all: busy + idle + iowait };
}

/** Per cent of memory that programs could not have, as the kernel judges it. */
export function memoryInUse(meminfo: string): number {
  const of = (name: string) => {
    const kibibytes = new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(meminfo)?.[1];
    if (kibibytes === undefined) throw new Error(`/proc/meminfo has no ${name}`);
    return Number(kibibytes);
  };
  return (1 - of("MemAvailable") / of("MemTotal")) * 100;
}

/** Per cent of all cores in use since it was asked before; undefined the first time. */
export function cpuMeter(read = () => readFileSync("/proc/stat", "utf8")): () => number | undefined {
  let before: CpuTimes | undefined;
  return () => {
    const now = cpuTimes(read());
    const spent = before && now.all - before.all;
    const busy = before && spent ? ((now.busy - before.busy) / spent) * 100 : undefined;
    before = now;
    return busy;
  };
}

export const memory = () => memoryInUse(readFileSync("/proc/meminfo", "utf8"));

/** Per cent in use of the disks that folders lie on, each disk once, under the first of its folders. */
export async function disks(folders: readonly string[]): Promise<Measurement[]> {
  const seen = new Set<number>();
  const found: Measurement[] = [];
  for (const folder of folders) {
    const device = statSync(folder, { throwIfNoEntry: false })?.dev;
    if (device !== undefined && seen.has(device)) continue;
    if (device !== undefined) seen.add(device);
    found.push({ rule: "disk", source: folder, value: device === undefined ? undefined : await diskInUse(folder) });
  }
  return found;
}

/** As `df` says it: what is kept for the system is neither in use nor free. */
async function diskInUse(folder: string): Promise<number> {
  const { blocks, bfree, bavail } = await statfs(folder);
  const used = blocks - bfree;
  return used + bavail === 0 ? 0 : (used / (used + bavail)) * 100;
}
