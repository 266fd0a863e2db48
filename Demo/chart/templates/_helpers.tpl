{{/* Each takes (list ROOT COMPONENT), where it takes a component. */}}

{{- define "demo.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ $root.Chart.Name }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Of objects and pods that belong to a release of the product. The database's pods do not. */}}
{{- define "demo.labels" -}}
{{- $root := index . 0 -}}
{{ include "demo.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
{{- end }}

{{- define "demo.metadata" -}}
name: {{ (index . 0).Release.Name }}-{{ index . 1 }}
labels:
  {{- include "demo.labels" . | nindent 2 }}
{{- end }}

{{/* The variable that every pod has of a Service: the product needs no DNS. */}}
{{- define "demo.serviceHost" -}}
$({{ printf "%s-%s" (index . 0).Release.Name (index . 1) | upper | replace "-" "_" }}_SERVICE_HOST)
{{- end }}

{{- define "demo.image" -}}
{{- $root := index . 0 -}}
image: {{ printf "%s/%s:%s" $root.Values.image.repository (index . 1) $root.Chart.AppVersion | quote }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
{{- end }}

{{/* Where the database is, for whoever uses it. */}}
{{- define "demo.databaseVariables" -}}
{{- $database := .Values.database -}}
- name: DB_HOST
  value: {{ ternary (include "demo.serviceHost" (list . "database")) $database.host (eq $database.host "database") | quote }}
- name: DB_PORT
  value: {{ $database.port | quote }}
- name: DB_NAME
  value: {{ $database.name | quote }}
- name: DB_USER
  value: {{ $database.user | quote }}
- name: DB_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ .Release.Name }}-database, key: password}}
{{- end }}

{{- define "demo.podSecurity" -}}
securityContext: {runAsNonRoot: true, runAsUser: 65534, runAsGroup: 65534}
automountServiceAccountToken: false
terminationGracePeriodSeconds: 5
{{- end }}

{{- define "demo.containerSecurity" -}}
securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
resources: {requests: {cpu: 10m, memory: 32Mi}}
{{- end }}

{{/* (list ROOT SECRET KEY GIVEN LENGTH): what is given, or what the Secret has already, or something new; in Base64. */}}
{{- define "demo.kept" -}}
{{- $root := index . 0 -}}
{{- $there := lookup "v1" "Secret" $root.Release.Namespace (printf "%s-%s" $root.Release.Name (index . 1)) | default dict -}}
{{- $kept := index ($there.data | default dict) (index . 2) -}}
{{- if index . 3 }}{{ index . 3 | b64enc }}{{ else }}{{ $kept | default (randAlphaNum (int (index . 4)) | b64enc) }}{{ end -}}
{{- end }}

{{/* (list ROOT COMPONENT): an autoscaler, in the form that the cluster serves. */}}
{{- define "demo.autoscaler" -}}
{{- $root := index . 0 -}}
{{- $scaling := (index $root.Values (index . 1)).autoscaling -}}
{{- $current := $root.Capabilities.APIVersions.Has "autoscaling/v2" -}}
apiVersion: autoscaling/{{ ternary "v2" "v1" $current }}
kind: HorizontalPodAutoscaler
metadata:
  {{- include "demo.metadata" . | nindent 2 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ $root.Release.Name }}-{{ index . 1 }}}
  minReplicas: {{ $scaling.minReplicas }}
  maxReplicas: {{ $scaling.maxReplicas }}
  {{- if $current }}
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}
  {{- else }}
  targetCPUUtilizationPercentage: 80
  {{- end }}
{{- end }}

{{/* (list ROOT COMPONENT) */}}
{{- define "demo.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "demo.metadata" . | nindent 2 }}
spec:
  selector:
    {{- include "demo.selector" . | nindent 4 }}
  ports:
  - {name: http, port: 8080, targetPort: 8080, protocol: TCP}
{{- end }}
