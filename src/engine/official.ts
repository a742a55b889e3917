// Loads official drivers. A part of its own, as few programs reach a server.

import { NotFoundError } from '../error/index.ts'
import { EMBEDDED } from './driver.ts'

/**
 * Loads the package `name`. The argument of `import()` is not a literal, so bundlers leave it alone. What is this
 * package under the driver's name (an alias, an override) would come here again, without end. @throws NotFoundError
 */
export async function loadOfficial(name: string): Promise<Record<string, unknown>> {
  const refuse = (why: string, options: { cause?: unknown } = {}) => {
    const message = `a host or URL is reached through the official driver, and the package "${name}" ${why}`
    return new NotFoundError(`${message} (a path or ':memory:' needs no driver)`, {
      ...options,
      details: { package: name },
    })
  }
  let driver: Record<string, unknown>
  try {
    driver = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as Record<string, unknown>
  } catch (cause) {
    throw refuse(`did not load: npm install ${name}`, { cause })
  }
  const { default: whole } = driver
  for (const one of [whole, ...Object.values(driver), ...Object.values(Object(whole))]) {
    if (typeof one === 'function' && EMBEDDED in one) {
      throw refuse('is quiverdb under its name: remove the alias or override')
    }
  }
  return driver
}
