// Runs one job in a process of its own and returns what it sent.
import { spawn } from 'node:child_process'

/**
 * @param {{ script: URL, job: unknown, prefix?: string[], timeoutMs?: number }} options - `prefix` comes before node.
 * @returns {Promise<any>} the child's message; `{ error }` where it died without one.
 */
export function runChild({ script, job, prefix = [], timeoutMs = 900_000 }) {
  const [command, ...args] = [...prefix, process.execPath, '--expose-gc', script.pathname, JSON.stringify(job)]
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] })
    let message
    let complaint = ''
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    child.stderr.on('data', (data) => {
      complaint = (complaint + data).slice(-4_000)
    })
    child.on('message', (received) => {
      message = received
    })
    child.on('error', (error) => {
      clearTimeout(timer)
      resolve({ error: error.message })
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve(message ?? { error: `ended with ${signal ?? code} before it answered\n${complaint}` })
    })
  })
}
