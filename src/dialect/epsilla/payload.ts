// The bodies of two requests to a server, under the names that the client's types give them. Nothing sends them in
// process; programs refer to the types.

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
