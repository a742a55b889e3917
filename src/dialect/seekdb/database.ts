// Databases as the admin calls return them.

import { DEFAULT_CHARSET, DEFAULT_COLLATION } from './constants.ts'

export class Database {
  name: string
  charset: string
  collation: string
  // biome-ignore lint/suspicious/noExplicitAny: the driver's type
  metadata: Record<string, any>

  constructor(
    name: string,
    charset: string = '',
    collation: string = '',
    // biome-ignore lint/suspicious/noExplicitAny: the driver's type
    metadata: Record<string, any> = {},
  ) {
    this.name = name
    this.charset = charset
    this.collation = collation
    this.metadata = metadata
  }

  toString(): string {
    return this.name
  }

  equals(other: Database): boolean {
    return other.name === this.name
  }
}

/** A database of a server with tenants; an embedded store has none. */
export class OBDatabase extends Database {
  tenant: string

  constructor(
    name: string,
    tenant: string = '',
    charset?: string,
    collation?: string,
    // biome-ignore lint/suspicious/noExplicitAny: the driver's type
    metadata?: Record<string, any>,
  ) {
    super(name, charset, collation, metadata)
    this.tenant = tenant
  }

  override equals(other: Database): boolean {
    return other instanceof this.constructor && super.equals(other) && (other as OBDatabase).tenant === this.tenant
  }
}

/** A database of an embedded store. */
export function embeddedDatabase(name: string): Database {
  return new Database(name, DEFAULT_CHARSET, DEFAULT_COLLATION)
}
