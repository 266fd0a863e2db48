CREATE TABLE known_answers (
    id smallint PRIMARY KEY,
    question text NOT NULL,
    answer text NOT NULL
);
INSERT INTO known_answers VALUES
    (1, 'How many customers are there?', 'As many as GET /api/customers lists.'),
    (2, 'Which release is running?', 'GET /health says so.'),
    (3, 'Where is north?', 'Where the compass points, more or less.');

CREATE TABLE prompts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asked_at timestamptz NOT NULL DEFAULT now(),
    question text NOT NULL,
    answer text NOT NULL
);
