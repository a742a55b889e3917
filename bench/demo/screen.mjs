// What the demo shows: titles, progress bars, results, the table of steps. On a terminal in colour and in motion;
// in a pipe or a log the same lines, plain and once.
import { inspect } from 'node:util'
import cliProgress from 'cli-progress'
import Table from 'cli-table3'
import pc from 'picocolors'

const isTerminal = process.stdout.isTTY === true
const WIDTH = Math.min(process.stdout.columns ?? 100, 110)

export const count = (value) => Math.round(value).toLocaleString('en-US')
export const milliseconds = (value) =>
  value >= 1_000 ? `${(value / 1_000).toFixed(2)} s` : `${value.toFixed(value < 10 ? 2 : 0)} ms`
export const bytes = (value) => {
  const units = ['bytes', 'kB', 'MB', 'GB']
  let unit = 0
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

export function title(text) {
  console.log(`\n${pc.bold(pc.cyan(text))}\n${pc.dim('─'.repeat(WIDTH))}`)
}

export const say = (text) => console.log(text)
export const quiet = (text) => console.log(pc.dim(text))

/** The call as a reader would type it, above what it gave. */
export function call(text) {
  console.log(`${pc.dim('>')} ${pc.yellow(text)}`)
}

export function show(value) {
  const text = inspect(value, {
    colors: pc.isColorSupported,
    depth: 4,
    maxArrayLength: 3,
    maxStringLength: 160,
    breakLength: WIDTH,
  })
  console.log(text.replace(/^/gm, '  '))
}

/**
 * A bar with the rate of the whole run so far.
 *
 * @param {string} label
 * @param {number} total
 * @returns {{ add: (count: number) => void, stop: () => void }}
 */
export function progress(label, total) {
  let done = 0
  const start = performance.now()
  const rate = () => `${count((1_000 * done) / Math.max(performance.now() - start, 0.001))} docs/s`
  if (!isTerminal) {
    return {
      add: (more) => {
        done += more
      },
      stop: () => say(`${label}: ${count(done)} documents, ${rate()}`),
    }
  }
  const bar = new cliProgress.SingleBar({
    format: `${label} ${pc.cyan('{bar}')} {percentage} % │ {done} of {all} │ {rate}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    fps: 20,
  })
  const payload = () => ({ done: count(done), all: count(total), rate: rate() })
  bar.start(total, 0, payload())
  return {
    add: (more) => {
      done += more
      bar.update(done, payload())
    },
    stop: () => bar.stop(),
  }
}

/** Times steps and remembers them for the table at the end. */
export function createSteps() {
  const steps = []
  return {
    /** Runs `work`, which may return `{ documents }` or a number of documents; hands its result on. */
    async time(name, documentsCount, work) {
      const start = performance.now()
      const result = await work()
      const ms = performance.now() - start
      steps.push({ name, documentsCount, ms })
      return result
    },
    print() {
      const head = ['step', 'documents', 'time', 'documents a second']
      const rows = steps.map(({ name, documentsCount, ms }) => [
        name,
        documentsCount === 0 ? '' : count(documentsCount),
        milliseconds(ms),
        documentsCount === 0 ? '' : count((1_000 * documentsCount) / ms),
      ])
      console.log(drawTable(head, rows, ['left', 'right', 'right', 'right']))
    },
  }
}

/** Without colour codes of its own: a table in a log stays text. */
export function drawTable(head, rows, colAligns) {
  const table = new Table({
    head: head.map((text) => pc.bold(text)),
    colAligns,
    style: { head: [], border: [], compact: true },
  })
  table.push(...rows)
  return table.toString()
}
