/**
 * The library: the plan, what every platform promises, and the components that need no SDK of a cloud. Those that do are at
 * `pulumi-dr/components/aws` and `pulumi-dr/components/azure`, so that a program loads the cloud that it names and no other.
 */
export type * as contract from "./components/contract";
export * as local from "./components/local";
export * as plan from "./plan";
