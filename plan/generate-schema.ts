import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { planJsonSchema } from "./json-schema";

/** Text of plans/plan.schema.json. */
export const schemaText = () => `${JSON.stringify(planJsonSchema(), undefined, 2)}\n`;

// node -r ts-node/register/transpile-only plan/generate-schema.ts
if (require.main === module) writeFileSync(join(__dirname, "..", "plans", "plan.schema.json"), schemaText());
