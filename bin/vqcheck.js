#!/usr/bin/env node
/**
 * What `npx vqcheck` runs: the built command line. It is a file of its own because a build writes `dist` anew, without the
 * permission to execute.
 */
import '../dist/cli/main.js';
