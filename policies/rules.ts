import { encryption } from "./encryption";
import { objectLock } from "./object-lock";
import { otherRegion } from "./other-region";
import { pointInTimeRecovery } from "./point-in-time-recovery";
import { protection } from "./protection";
import { publicAccess } from "./public-access";
import { replication } from "./replication";
import type { Rule } from "./rule";
import { tags } from "./tags";
import { versioning } from "./versioning";

/** All of them. Each takes its own settings, so that their types differ. */
export const RULES = [
  versioning,
  replication,
  objectLock,
  pointInTimeRecovery,
  otherRegion,
  protection,
  publicAccess,
  encryption,
  tags,
] as readonly unknown[] as readonly Rule[];
