declare module '3scale' {
  interface Verdict {
    is_success(): boolean
    error_msg: string
  }
  interface Client {
    authrep_with_user_key(call: object, answered: (verdict: Verdict) => void): void
  }
  const module: { Client: new (options: { host: string; port: number }) => Client }
  export default module
}
