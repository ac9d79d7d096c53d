/** What `bin/vqcheck.js` starts: runs one command line, and tells the caller by the exit code how it went. */
import { exitCodes } from './exitCodes.ts';
import { runProgram } from './program.ts';
import { processTerminal } from './terminal.ts';

const terminal = processTerminal();
try {
  process.exitCode = await runProgram(process.argv.slice(2), terminal);
} catch (error) {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.err.write(`vqcheck: internal error, please report it:\n${text}\n`);
  process.exitCode = exitCodes.error;
}
