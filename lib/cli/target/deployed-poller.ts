// What the deployed poll function is set up with, read from the function itself: what commands do in its place they do alike,
// above all where a token goes and what is redacted. There is no default to fall back to.
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { AuditBusError, ConfigurationError } from '../../errors.ts';
import { loadPollConfig } from '../../poller/config.ts';
import { shownText } from '../../text.ts';
import { PUT_BACK } from './aws-errors.ts';
import type { AwsConfig } from './aws-target.ts';
import type { PollSettings } from './target.ts';

const MAX_REASON = 400;

/** @throws AuditBusError `target.function-missing`, `target.settings`, or what the SDK threw */
export async function deployedPollSettings(
  config: AwsConfig,
  functionName: string,
  now: number,
): Promise<PollSettings> {
  const client = new LambdaClient(config);
  try {
    const command = new GetFunctionConfigurationCommand({ FunctionName: functionName });
    const { Environment: { Variables = {}, Error: hidden } = {} } = await client.send(command);
    if (hidden !== undefined) {
      throw unusable(
        functionName,
        `Lambda does not show it: ${hidden.ErrorCode} ${hidden.Message}`,
      );
    }
    return loadPollConfig(Variables, now);
  } catch (error) {
    if (error instanceof ConfigurationError) {
      throw unusable(functionName, error.problems.join('; '));
    }
    if ((error as Error).name !== 'ResourceNotFoundException') throw error;
    throw new AuditBusError(
      'target.function-missing',
      `There is no function ${functionName}: ${PUT_BACK} puts it back.`,
    );
  } finally {
    client.destroy();
  }
}

function unusable(functionName: string, reason: string): AuditBusError {
  return new AuditBusError(
    'target.settings',
    `The environment of ${functionName} cannot be used (${shownText(reason, MAX_REASON)}): ${PUT_BACK}, from this version, puts it right.`,
  );
}
