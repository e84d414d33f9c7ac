import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { UsageError } from "../project";

/**
 * Makes sure that one watch of a plan runs on this machine; answers how to let go. It is a socket without a file (Linux'
 * abstract ones): the kernel lets go of it when the process ends, however it ends.
 */
export async function holdWatch(place: string, plan: string): Promise<() => void> {
  const name = createHash("sha256").update(place).digest("hex").slice(0, 32);
  const server = createServer((socket) => socket.destroy()).unref();
  try {
    await new Promise<void>((resolve, reject) =>
      server.once("error", reject).listen(`\0pulumi-dr/watch/${name}`, resolve),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new UsageError(
      `another watch of ${plan} runs on this machine already: two would act on one loss. --once looks without acting`,
    );
  }
  return () => void server.close();
}
