# pip install openai (the tests have no such package: they compile this, and do not run it)
# TIDEGATE_KEY is one of the gateway's keys; any text will do without keys.
import os

from openai import OpenAI

client = OpenAI(
    base_url="http://127.0.0.1:8080/v1",
    api_key=os.environ.get("TIDEGATE_KEY", "none"),
)
stream = client.chat.completions.create(
    model="demo",
    messages=[{"role": "user", "content": "hello"}],
    stream=True,
)
for chunk in stream:  # raises if the answer is not whole
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
