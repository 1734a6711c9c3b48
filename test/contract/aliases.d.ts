/** The older majors are installed under other names; for the tests they have the types of the newer ones. */
declare module 'express4' {
  import express from 'express'
  export default express
}
declare module 'koa2' {
  import Koa from 'koa'
  export default Koa
}
