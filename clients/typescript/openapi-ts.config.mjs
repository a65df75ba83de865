// Types and one function per operation, from what clients/describe.py leaves of the description.
export default {
  input: process.env.CAIRN_DESCRIPTION,
  output: { path: 'src/generated', module: { extension: '.js' } },
  plugins: [
    '@hey-api/typescript',
    '@hey-api/sdk',
    { name: '@hey-api/client-fetch', throwOnError: true, baseUrl: false },
  ],
};
