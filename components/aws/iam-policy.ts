/** One statement of a policy of IAM. */
export interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: string | object;
  readonly NotPrincipal?: object;
  readonly Condition?: object;
  readonly Sid?: string;
}

export const allow = (
  Action: string | readonly string[],
  Resource: string | readonly string[],
  Condition?: object,
): Statement => ({ Effect: "Allow", Action, Resource, ...(Condition ? { Condition } : {}) });

export const policy = (...statements: readonly Statement[]) =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

/** @param account The only account for which the service may take the role.  @default - whichever the service acts for */
export const mayBeTakenBy = (service: string, account?: string) =>
  policy({
    ...{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service } },
    ...(account === undefined ? {} : { Condition: { StringEquals: { "aws:SourceAccount": account } } }),
  });
