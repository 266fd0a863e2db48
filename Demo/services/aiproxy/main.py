"""The AI proxy: answers questions from a small book of answers and keeps a record of them in its own database."""

import json

import demo

DATABASE = "aiproxy"


def ask(handler):
    """Takes {"question": …}; the answer is the known one that shares the most words with the question."""
    question = json.loads(handler.rfile.read(int(handler.headers.get("Content-Length") or 0)))["question"]
    query = """WITH best AS (
                   SELECT answer FROM known_answers
                   ORDER BY ts_rank(to_tsvector('english', question), plainto_tsquery('english', %(question)s)) DESC, id
                   LIMIT 1
               )
               INSERT INTO prompts (question, answer) SELECT %(question)s, answer FROM best RETURNING id, answer"""
    return 200, demo.rows("aiproxy", query, {"question": question}, DATABASE)[0]


demo.serve(
    {
        "/ai/health": lambda handler: demo.health("aiproxy", DATABASE),
        "/ai/ask": ask,
        "/ai/usage": lambda handler: (
            200,
            demo.rows("aiproxy", "SELECT count(*) AS prompts, max(asked_at) AS latest FROM prompts", None, DATABASE)[0],
        ),
    }
)
