// Databases as the admin calls return them.

import { DEFAULT_CHARSET, DEFAULT_COLLATION, DEFAULT_TENANT } from './constants.ts'

export class Database {
  name: string
  charset: string
  collation: string
  // biome-ignore lint/suspicious/noExplicitAny: the driver's type
  metadata: Record<string, any>

  constructor(
    name: string,
    charset: string = DEFAULT_CHARSET,
    collation: string = DEFAULT_COLLATION,
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
    return other instanceof this.constructor && other.name === this.name
  }
}

/** A database of a server with tenants; an embedded store has none. */
export class OBDatabase extends Database {
  tenant: string

  constructor(
    name: string,
    tenant: string = DEFAULT_TENANT,
    charset?: string,
    collation?: string,
    // biome-ignore lint/suspicious/noExplicitAny: the driver's type
    metadata?: Record<string, any>,
  ) {
    super(name, charset, collation, metadata)
    this.tenant = tenant
  }

  override equals(other: Database): boolean {
    return super.equals(other) && (other as OBDatabase).tenant === this.tenant
  }
}
