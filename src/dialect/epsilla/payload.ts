// The bodies of two requests to a server, under the names that the client's types have for them. In process none is sent; programs name the types.

export interface LoadDBPayload {
  path: string
  name: string
  vectorScale?: number
  walEnabled?: boolean
}

export interface QueryPayload {
  table: string
  queryField: string
  queryVector: number[]
  limit: number
  response?: string[]
  filter?: string
  withDistance?: boolean
}
