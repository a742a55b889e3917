// The command line: selects the command, its arguments, and the exit status.

import { parseArgs } from 'node:util'
import { QuiverError, UsageError } from '../error/index.ts'
import { bench, check, compact, exportFile, importFile, info, type Options, repair } from './commands.ts'
import { repl } from './repl.ts'
import { Exit, print, type Streams } from './screen.ts'
import { toJson } from './typed-json.ts'

/** The arguments of each command, optional ones in brackets, and what it does. */
const COMMANDS: Readonly<Record<string, readonly [takes: string, does: string]>> = {
  info: ['<directory>', 'what is in it'],
  import: ['<directory> <collection> <file>', 'brings in NDJSON, JSON, CSV or Parquet; - is standard input'],
  export: ['<directory> <collection>', 'writes documents out'],
  check: ['<directory>', 'reads every document, and verifies the checksums of logs and catalog'],
  repair: ['<directory>', 'keeps what is whole, and says what was dropped'],
  compact: ['<directory> [collection]', 'writes the logs anew, finishes graphs'],
  bench: ['[directory]', 'measures this machine, in memory or on disk'],
  repl: ['[directory]', 'a prompt with the five interfaces'],
}

const HELP = `quiverdb <command> [options]

${Object.entries(COMMANDS)
  .map(([name, [takes, does]]) => `  ${name.padEnd(7)} ${takes.padEnd(31)}  ${does}`)
  .join('\n')}

  --json                      answers, and errors, for programs
  --quiet                     no progress
  --format ndjson|json|csv|parquet
  import:  --key field  --partition name  --conflict error|replace|update  --text (cells of a CSV stay text)
  export:  --filter '{"likes":{"$gt":10}}'  --select id,title  --sort=-likes  --limit 10  --out file
           --plain (dates, big numbers and vectors as plain JSON)
  bench:   --limit documents

Exit status: 0 done, 1 it failed or something is wrong with the data, 2 the call makes no sense.`

/** Runs one command; returns the exit status. */
export async function main(args: readonly string[], version: string, streams: Streams): Promise<number> {
  try {
    await run(args, version, streams)
    return 0
  } catch (error) {
    const message = messageOf(error)
    const code = error instanceof QuiverError ? error.code : undefined
    streams.errors.write(args.includes('--json') ? `${toJson({ error: message, code })}\n` : `quiverdb: ${message}\n`)
    if (error instanceof Exit) return error.status
    return error instanceof UsageError ? 2 : 1
  }
}

function messageOf(error: unknown): string {
  if (error instanceof Exit || error instanceof QuiverError) return error.message
  if (!(error instanceof Error)) return String(error)
  // A refusal by the system, of a file or a disk, is not a bug: no stack.
  return 'syscall' in error ? error.message : (error.stack ?? error.message)
}

async function run(args: readonly string[], version: string, streams: Streams): Promise<void> {
  const { values, positionals } = parse(args)
  if (values.version === true) return print(streams, version)
  const [command, ...rest] = positionals
  if (values.help === true || command === undefined || command === 'help') return print(streams, HELP)
  const known = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined
  if (known === undefined) {
    throw new Exit(2, `there is no command "${command}"; they are ${Object.keys(COMMANDS).join(', ')}`)
  }
  const [takes, does] = known
  const places = takes.split(' ')
  if (rest.length < places.filter((place) => place.startsWith('<')).length || rest.length > places.length) {
    throw new Exit(2, `usage: quiverdb ${command} ${takes} - ${does}`)
  }
  const options: Options = { json: false, quiet: false, text: false, plain: false, ...values }
  const [path = ':memory:'] = rest
  switch (command) {
    case 'info':
      return await info(path, options, streams)
    case 'import':
      return await importFile(rest as [string, string, string], options, streams)
    case 'export':
      return await exportFile(rest as [string, string], options, streams)
    case 'check':
      return await check(path, options, streams)
    case 'repair':
      return await repair(path, options, streams)
    case 'compact':
      return await compact(rest as [string, string?], options, streams)
    case 'bench':
      return await bench(path, options, streams)
    default:
      return await repl(path, streams)
  }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { ...flag, short: 'h' },
        version: { ...flag, short: 'v' },
        ...{ json: flag, quiet: flag, text: flag, plain: flag },
        ...{ format: text, key: text, partition: text, conflict: text, filter: text, select: text, sort: text },
        ...{ limit: text, out: text },
      },
    })
  } catch (error) {
    throw new Exit(2, `${(error as Error).message}; "quiverdb --help" lists the options`)
  }
}
