import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  baseEnvironment,
  isolatedEnvironment,
  refuseForeignEndpoints,
} from '../../e2e/support/environment.ts';

const ISOLATION = { endpoint: 'http://127.0.0.1:4566', home: '/x/home', temporary: '/x/tmp' };
const REAL_SHELL = {
  PATH: '/usr/bin',
  HOME: '/home/someone',
  LANG: 'C.UTF-8',
  AWS_PROFILE: 'production',
  AWS_ACCESS_KEY_ID: 'AKIAREAL',
  AWS_SECRET_ACCESS_KEY: 'real',
  AWS_SESSION_TOKEN: 'real',
  AWS_CONFIG_FILE: '/home/someone/.aws/config',
  AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/real',
  AWS_WEB_IDENTITY_TOKEN_FILE: '/real',
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1/real',
  CDK_DEFAULT_ACCOUNT: '123456789012',
  HTTPS_PROXY: 'http://proxy.example:3128',
  http_proxy: 'http://proxy.example:3128',
  npm_config_proxy: 'http://proxy.example:3128',
  NODE_OPTIONS: '--require /real.js',
  DOCKER_HOST: 'tcp://docker.example:2375',
};

describe('the environment of the end-to-end test', () => {
  test('holds nothing by which a real account could be reached', () => {
    const env = isolatedEnvironment(REAL_SHELL, ISOLATION);
    const values = Object.values(env).join('\n');
    expect(values).not.toMatch(/real|AKIA|123456789012|someone|proxy|docker\.example/i);
    expect(env).toMatchObject({
      LANG: 'C.UTF-8',
      HOME: '/x/home',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    });
    expect(env['PATH']).toMatch(/:\/usr\/bin$/);
  });

  test('the emulator gets nothing of it either', () => {
    const { PATH, ...env } = baseEnvironment(REAL_SHELL, ISOLATION);
    expect(env).toEqual({ HOME: '/x/home', TMPDIR: '/x/tmp', LANG: 'C.UTF-8' });
    expect(PATH).toBe(`${dirname(process.execPath)}:/usr/bin`);
  });

  test.each([
    'https://eventbridge.eu-central-1.amazonaws.com',
    'http://10.0.0.5:4566',
    'http://127.0.0.1.example.com:4566',
    'http://localhost.example.com',
    'http://user@host@127.0.0.2.example',
    'not a url',
    '',
  ])('an emulator at %j is refused', (endpoint) => {
    expect(() => isolatedEnvironment({}, { ...ISOLATION, endpoint })).toThrow(
      expect.objectContaining({ code: 'e2e.not-loopback' }),
    );
  });

  test.each(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_SQS'])(
    'a shell whose %s leads elsewhere is refused, naming it',
    (name) => {
      const env = { [name]: 'https://sqs.eu-central-1.amazonaws.com' };
      expect(() => refuseForeignEndpoints(env)).toThrow(
        expect.objectContaining({
          code: 'e2e.not-loopback',
          message: expect.stringContaining(name),
        }),
      );
    },
  );

  test('a shell without one, or with one on this machine, is fine', () => {
    refuseForeignEndpoints({});
    refuseForeignEndpoints({ AWS_ENDPOINT_URL: '' });
    refuseForeignEndpoints({ AWS_ENDPOINT_URL: 'http://localhost:4566' });
    refuseForeignEndpoints({ AWS_ENDPOINT_URL: 'http://[::1]:4566' });
  });
});
