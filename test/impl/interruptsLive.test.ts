import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

describe('examples/interrupts', () => {
  it('moves 100,000 messages by interrupts, over rings of 1, 2, 16, 128 and 1024 slots', async () => {
    const args = ['dist/examples/interrupts.js', '1,2,16,128,1024', '100000'];
    const { stdout } = await run(process.execPath, args);
    expect(stdout.trim().split('\n')).toEqual(
      [1, 2, 16, 128, 1024].map(
        (n) => `${n} slots: 20000 messages of 64 bytes arrived by interrupt, in order, every byte as sent`,
      ),
    );
  });
});
