/** The command as a user types it: by name, in a project that was built after it was installed. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { repositoryFile, temporaryFolder } from './support.ts';

const cache = temporaryFolder();

describe('the binary', () => {
  const manifest = JSON.parse(readFileSync(repositoryFile('package.json'), 'utf8'));
  const binary = repositoryFile(manifest.bin.vqcheck);

  it('is a file that a build does not write: it can be executed, and stays so', () => {
    expect(manifest.bin.vqcheck).not.toMatch(/dist/);
    expect(statSync(binary).mode & 0o111).toBe(0o111);
    expect(spawnSync(binary, ['list'], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^esp-amp: /) as string,
    });
  });

  it('is found by its name', () => {
    const { status, stdout } = spawnSync('npx', ['vqcheck', 'list', '--json', '-'], {
      cwd: repositoryFile('.'),
      // A cache of its own: npx remembers where the command of this folder stood at an earlier time.
      env: { ...process.env, npm_config_cache: cache, npm_config_offline: 'true' },
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(JSON.parse(stdout).targets[0].name).toBe('esp-amp');
  });
});
