import { PolicyPack } from "@pulumi/policy";
import { policyOf } from "./pack";
import { RULES } from "./rules";

new PolicyPack("disaster-recovery", { policies: RULES.map(policyOf), enforcementLevel: "mandatory" });
