import { learnedFromAws } from "../../helpers/fakes-aws";
import { learnedFromAwsServices } from "../../helpers/fakes-aws-services";
import { addressOf, signedAs } from "./clients";
import type { Inputs, Made } from "./kind";

const learned = { ...learnedFromAws, ...learnedFromAwsServices };

/** All types that the components use. */
export const known: readonly string[] = Object.keys(learned);

/** The account of the fakes, and the one that moto answers for. */
const [FAKE, ACCOUNT] = ["111122223333", "123456789012"];

/** A resource that nobody makes: its inputs, and what the tests' fakes say that it learns. */
export async function record(verb: "create" | "update", type: string, inputs: Inputs, name: string): Promise<Made> {
  await knock(verb, type, inputs);
  const said = JSON.stringify(learned[type]!({ ...inputs }, name)).replaceAll(FAKE, ACCOUNT);
  return { id: `${name}-id`, learned: JSON.parse(said) as Inputs };
}

/** What AWS would be asked for in a region is written down at its door; one that is lost answers nobody. */
export async function knock(verb: string, type: string, { region }: Inputs): Promise<void> {
  const where = region as string | undefined;
  const headers = { authorization: signedAs("recorded", where), "x-amz-target": `${verb} ${type}` };
  try {
    await fetch(addressOf(where), { method: "POST", headers });
  } catch (error) {
    throw new Error(`${where ?? "us-east-1"} does not answer: ${verb} ${type}`, { cause: error });
  }
}
