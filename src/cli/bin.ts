#!/usr/bin/env node
// npx quiverdb

import { VERSION } from '../engine/index.ts'
import { main } from './main.ts'

const { argv, stdin, stdout, stderr } = process
// A reader that closes early, such as `| head`, ends the output without an error.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  stderr.write(`quiverdb: ${error.message}\n`)
  process.exit(1)
})
process.exitCode = await main(argv.slice(2), VERSION, { input: stdin, output: stdout, errors: stderr })
