import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Tells the person at `pulumi` something about a resource. `passing` text is shown only until the next line. */
export type Tell = (text: string, kind?: "info" | "warning" | "passing") => void;

const address = process.argv.slice(2).find((arg) => !arg.startsWith("-"));
const engine = address ? new EngineClient(address, credentials.createInsecure()) : undefined;

/** The {@link Tell} of one resource. */
export const tellAbout =
  (urn: string): Tell =>
  (text, kind = "info") => {
    const request = new LogRequest();
    request.setUrn(urn);
    request.setMessage(text);
    request.setSeverity(kind === "warning" ? LogSeverity.WARNING : LogSeverity.INFO);
    request.setEphemeral(kind === "passing");
    engine?.log(request, () => {}); // a line that is lost must not fail a recovery
  };
