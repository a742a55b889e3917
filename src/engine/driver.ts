// The official drivers: optional peer dependencies, loaded only when a dialect is pointed at a real server.

import { NotFoundError } from '../error/index.ts'

/**
 * Loads the package `name`. The argument of `import()` is not a literal, so bundlers leave it alone. @throws
 * NotFoundError
 */
export async function loadDriver(name: string): Promise<Record<string, unknown>> {
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as Record<string, unknown>
  } catch (cause) {
    throw new NotFoundError(
      `a host or URL is reached through the official driver, and the package "${name}" did not load: npm install ${name} ` +
        `(a path or ':memory:' needs no driver)`,
      { cause, details: { package: name } },
    )
  }
}
