import { deleteFiles } from "./accident";
import { bucketAway, cutPgbackrest, cutRestic, flipPgbackrest, flipRestic, removeWal } from "./damage";
import { fillDisk } from "./disk";
import type { Fault } from "./fault";
import { endAgentGently, killAgent, killTool } from "./processes";
import { holdMongo, holdRedis, killPostgres, restartMongo, restartRedis } from "./servers";

export const FAULTS: readonly Fault[] = [
  ...[killAgent, endAgentGently, killTool, killPostgres, holdMongo, holdRedis, restartMongo, restartRedis],
  ...[cutRestic, flipRestic, cutPgbackrest, flipPgbackrest, removeWal, bucketAway, fillDisk, deleteFiles],
];
