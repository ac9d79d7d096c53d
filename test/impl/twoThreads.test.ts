import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

describe('examples/two-threads', () => {
  it('moves 100,000 messages between two threads, over rings of 2, 16 and 1024 slots', async () => {
    const { stdout } = await run(process.execPath, ['dist/examples/two-threads.js', '2,16,1024', '100000']);
    expect(stdout.trim().split('\n')).toEqual(
      [2, 16, 1024].map(
        (n) => `${n} slots: 33334 messages of 64 bytes arrived, in order, every byte as sent`,
      ),
    );
  });
});
